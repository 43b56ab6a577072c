/** What a model might be made to say: each tries to run a script or to reach another host. */
const MARKUP = [
  '<script>HIT</script>',
  '<img src=x onerror="HIT">',
  '<img src="http://evil.test/a.png">',
  '<svg onload="HIT"></svg>',
  '<svg><script>HIT</script></svg>',
  '<iframe src="javascript:HIT"></iframe>',
  '<iframe srcdoc="<script>parent.HIT</script>"></iframe>',
  '<object data="http://evil.test/x"></object>',
  '<embed src="http://evil.test/x">',
  '<link rel=stylesheet href="http://evil.test/x.css">',
  '<style>@import url(http://evil.test/x.css);</style>',
  '<style>body{background:url(http://evil.test/b)}</style>',
  '<meta http-equiv=refresh content="0;url=http://evil.test/">',
  '<base href="http://evil.test/">',
  '<form action="http://evil.test/"><input autofocus onfocus="HIT"></form>',
  '<details open ontoggle="HIT">x</details>',
  '<video><source onerror="HIT"></video>',
  '<audio src=x onerror="HIT"></audio>',
  '<body onload="HIT">',
  '<marquee onstart="HIT">x</marquee>',
  '<a href="javascript:HIT">click</a>',
  '<math><mtext><img src=x onerror="HIT"></mtext></math>',
  '<div style="background:url(http://evil.test/s)">x</div>',
  '<template><img src=x onerror="HIT"></template>',
  '<noscript><p title="</noscript><img src=x onerror=HIT>">',
];

const LINKS = [
  'javascript:HIT',
  'JaVaScRiPt:HIT',
  'java\tscript:HIT',
  ' javascript:HIT',
  '&#106;avascript:HIT',
  'javascript&colon;HIT',
  'vbscript:HIT',
  'data:text/html,<script>HIT</script>',
  'data:text/html;base64,PHNjcmlwdD5ISVQ8L3NjcmlwdD4=',
  'file:///etc/passwd',
  'blob:http://evil.test/x',
  '/api/projects/x/messages/stream?content=HIT',
  '/api/logout',
  '//evil.test/x',
  'http://user:pass@evil.test/',
];

const LINK_FORMS = [
  (href: string) => `[text](${href})`,
  (href: string) => `![image](${href})`,
  (href: string) => `[text](<${href}>)`,
  (href: string) => `<${href}>`,
  (href: string) => `[text][ref]\n\n[ref]: ${href}`,
  (href: string) => `![image][ref]\n\n[ref]: ${href}`,
];

const MATH = [
  '$$\\href{javascript:HIT}{x}$$',
  '$$\\url{javascript:HIT}$$',
  '$$\\includegraphics{http://evil.test/m.png}$$',
  '$$\\htmlData{x=y}{z}$$',
  '$$\\htmlStyle{background:url(http://evil.test/)}{z}$$',
  '$$\\def\\a{\\a\\a}\\a$$',
  '\\(\\class{<img src=x onerror=HIT>}{x}\\)',
  '$<img src=x onerror=HIT>$',
  '$$\\text{<script>HIT</script>}$$',
  '$$\\unicode{x3c}img src=x onerror=HIT\\unicode{x3e}$$',
];

/** Where a payload may stand in a text. */
const PLACES = [
  (payload: string) => payload,
  (payload: string) => `- item ${payload}`,
  (payload: string) => `> ${payload}`,
  (payload: string) => `| a | b |\n|---|---|\n| ${payload} | c |`,
];

/** Five hundred texts at least, each with a script that would be seen. */
export function hostilePayloads(): string[] {
  const all = [
    ...MARKUP,
    ...LINKS.flatMap((href) => LINK_FORMS.map((form) => form(href))),
    ...MATH,
  ];
  const fences = all
    .flatMap((text) => [`\`\`\`html\n${text}\n\`\`\``, `\`\`\`"onload=HIT\n${text}`])
    .slice(0, 60);
  return [...PLACES.flatMap((place) => all.map(place)), ...fences].map((text) =>
    text.replaceAll('HIT', 'window.hitByModel=1'),
  );
}
