/** The one style sheet. Contrasts are 4.5:1 and more in both schemes (WCAG 2.2, 1.4.3); sizes follow the reader's. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #eef1f5; --card: #fff; --text: #1b2430; --quiet: #4a5666; --line: #8b97a6;
  --accent: #0b57a4; --on-accent: #fff; --alert: #9b1c1c; --alert-back: #fdeeee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151c; --card: #1a222d; --text: #eef2f7; --quiet: #b4bfcc; --line: #77869a;
    --accent: #8cc2ff; --on-accent: #0a1420; --alert: #ffb4ab; --alert-back: #3a1d1d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem 1rem; min-height: 100vh; display: grid; place-items: start center;
  background: var(--page); color: var(--text); font: 100%/1.5 system-ui, sans-serif;
}
main {
  width: 100%; max-width: 28rem; margin-top: 4vh; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere;
}
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .25rem; font-size: 1.1rem; }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
li { margin-bottom: .25rem; }
a { color: var(--accent); }
.service { color: var(--quiet); font-weight: 600; }
.quiet { color: var(--quiet); font-size: .925rem; }
.alert { padding: .75rem 1rem; border-left: .3rem solid var(--alert); background: var(--alert-back); color: var(--alert); }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input {
  width: 100%; margin-bottom: 1rem; padding: .65rem .75rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
}
button {
  width: 100%; padding: .75rem 1rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: .4rem;
  border: 2px solid var(--accent); background: var(--accent); color: var(--on-accent);
}
button.second { background: var(--card); color: var(--accent); }
form + form { margin-top: .75rem; }
.choice { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`.trimStart();
