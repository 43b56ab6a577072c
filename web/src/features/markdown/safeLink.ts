/** Where a link in a model's text may lead: another site or a mail program, and never into this site's own API. */
export function safeHref(href: string | undefined): string | null {
  if (!href) return null;
  if (href.startsWith('#')) return null;
  let url: URL;
  try {
    url = new URL(href, location.origin);
  } catch {
    return null;
  }
  if (!['https:', 'http:', 'mailto:'].includes(url.protocol)) return null;
  if (url.origin === location.origin) return null;
  if (url.username || url.password) return null;
  return url.href;
}

/** Only images that are a message's own attachments: another address would tell a stranger that this is read. */
export function safeImage(src: string | undefined): string | null {
  const path = src?.startsWith('/') && !src.startsWith('//') ? src : null;
  return path && /^\/api\/messages\/[\w-]+\/attachments\/[\w-]+$/.test(path) ? path : null;
}
