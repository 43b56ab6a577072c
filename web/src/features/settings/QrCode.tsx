import { useMemo } from 'react';
import { encode } from 'uqr';

/** A QR code, drawn here: what is in it must not travel. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = useMemo(() => encode(text, { border: 2 }), [text]);
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      className="mx-auto size-44 rounded-lg bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
