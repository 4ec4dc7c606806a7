import type { Page } from 'playwright-core';

export interface Readability {
  readonly lang: string;
  readonly title: string;
  /** How many headings of the first level there are. */
  readonly headings: number;
  /** Names of the fields that have no label, or more than one. */
  readonly unlabelled: readonly string[];
  /** How each text stands out from what is behind it (WCAG 2.2, contrast ratio). */
  readonly contrasts: readonly { readonly text: string; readonly contrast: number }[];
}

/** What a check of accessibility looks at, as the browser has worked it out. */
export function readability(page: Page): Promise<Readability> {
  return page.evaluate(script);
}

/** Runs in the page, where there are other types than here. */
const script = `(() => {
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\\d.]+/g) ?? []).map(Number).map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return /^rgba\\(.*, 0\\)$/.test(backgroundColor) ? background(element.parentElement) : backgroundColor;
  };
  const contrastOf = (element) => {
    const pair = [luminance(getComputedStyle(element).color), luminance(background(element))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const texts = [...document.querySelectorAll('p, h1, h2, li, label, button, a, strong')];
  const inputs = [...document.querySelectorAll('input:not([type=hidden])')];
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    unlabelled: inputs.filter(({ labels }) => labels?.length !== 1).map(({ name }) => name),
    contrasts: texts.map((each) => ({
      text: (each.textContent ?? '').slice(0, 40),
      contrast: Math.round(contrastOf(each) * 100) / 100,
    })),
  };
})()`;
