import { expect, it } from 'vitest';

import { contentOf, picturesOf, readPicture } from './images';

const png = new File([new Uint8Array([137, 80, 78, 71])], 'dot.png', { type: 'image/png' });

it('a message that comes back has the pictures that it went with', async () => {
  const picture = await readPicture(png);
  if (typeof picture === 'string') throw new Error(picture);
  const content = contentOf('What is this?', [picture]);
  expect(content).toEqual([
    { type: 'text', text: 'What is this?' },
    { type: 'image', mediaType: 'image/png', data: 'iVBORw==' },
  ]);
  const [again] = picturesOf(content, 'Picture');
  expect(again).toEqual({ ...picture, id: again?.id, name: 'Picture' });
  expect(picturesOf('No pictures', 'Picture')).toEqual([]);
});

it('a file that cannot be sent says why', async () => {
  expect(await readPicture(new File(['x'], 'notes.txt', { type: 'text/plain' }))).toBe('type');
  const large = new File([new Uint8Array(5 * 1024 * 1024 + 1)], 'big.png', { type: 'image/png' });
  expect(await readPicture(large)).toBe('size');
});
