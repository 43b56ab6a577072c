import type { ContentPart, MessageContent } from '~/api/types';
import { newId } from '~/lib/newId';

/** An image that is about to be sent. */
export interface Picture {
  id: string;
  name: string;
  mediaType: Extract<ContentPart, { type: 'image' }>['mediaType'];
  /** What is in it, as a `data:` URL. */
  url: string;
}

export const MOST_PICTURES = 4;
const LARGEST = 5 * 1024 * 1024;
const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

export type PictureProblem = 'type' | 'size';

/** Reads an image file; says what is wrong with one that cannot be sent. */
export async function readPicture(file: File): Promise<Picture | PictureProblem> {
  if (!TYPES.includes(file.type)) return 'type';
  if (file.size > LARGEST) return 'size';
  const data = base64(new Uint8Array(await file.arrayBuffer()));
  return {
    id: newId(),
    name: file.name,
    mediaType: file.type as Picture['mediaType'],
    url: `data:${file.type};base64,${data}`,
  };
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}

/** A text with its images, as the API takes them. */
export function contentOf(text: string, pictures: readonly Picture[]): MessageContent {
  if (pictures.length === 0) return text;
  const images = pictures.map(({ mediaType, url }): ContentPart => ({
    type: 'image',
    mediaType,
    data: url.slice(url.indexOf(',') + 1),
  }));
  return text ? [{ type: 'text', text }, ...images] : images;
}

/** The images of a message again; what their files were called is not in it. */
export const picturesOf = (content: MessageContent, name: string): Picture[] =>
  typeof content === 'string'
    ? []
    : content.flatMap((part) =>
        part.type === 'image'
          ? [
              {
                id: newId(),
                name,
                mediaType: part.mediaType,
                url: `data:${part.mediaType};base64,${part.data}`,
              },
            ]
          : [],
      );
