/** Cloth as cloth: by the roll, folded, as a swatch, from very near, and draped over a whole banner. */
import { GAUGES } from '../cloth';
import { num } from '../ink';
import type { FormDrawing, Studio } from '../studio';
import { drop } from './drape';

/** From very near: every thread can be followed. */
export const detail: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const pitch = GAUGES[studio.cloth.gauge] * 1.5 + 5;
    const fold = 'M-80 760C160 640 330 700 520 560S760 330 900 260';
    const light = studio.gradient(0, 0, 1, 1, [
      [0, 'light', 0.2],
      [0.45, 'light', 0],
      [1, 'dark', 0.3],
    ]);
    return [
      studio.closeUp(1000, 1200, pitch, 'translate(-170 -20)rotate(-9)'),
      `<g fill="none" filter="${studio.blur(46)}"><path stroke="#210" stroke-opacity=".4" stroke-width="86" d="${fold}"/><path stroke="#fff" stroke-opacity=".2" stroke-width="90" transform="translate(-60 -116)" d="${fold}"/></g>`,
      `<path fill="${light}" d="M0 0h800v1000H0z"/>`,
    ].join('');
  },
};

/** A cutting with pinked edges, as a mill sends it out. */
export const swatch: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const edge = pinked(140, 180, 520, 640, 20);
    const light = studio.gradient(0, 0, 1, 1, [
      [0, 'light', 0.14],
      [0.5, 'light', 0],
      [1, 'dark', 0.2],
    ]);
    return [
      studio.wall(),
      studio.shadow(edge, { x: 10, y: 16, blur: 14, opacity: 0.34 }),
      `<g clip-path="${studio.clip(edge)}">${studio.closeUp(540, 660, GAUGES[studio.cloth.gauge] * 1.7, 'translate(130 170)')}</g>`,
      `<path fill="${light}" d="${edge}"/>`,
    ].join('');
  },
};

/** A rectangle with teeth of `size` units, as pinking shears leave them. */
function pinked(x: number, y: number, width: number, height: number, size: number): string {
  const half = size / 2;
  const teeth = (count: number, out: string, back: string) => Array.from({ length: count }, () => out + back).join('');
  const [across, down] = [width / size, height / size];
  return [
    `M${num(x)} ${num(y)}`,
    teeth(across, `l${half}-${half}`, `l${half} ${half}`),
    teeth(down, `l${half} ${half}`, `l-${half} ${half}`),
    teeth(across, `l-${half} ${half}`, `l-${half}-${half}`),
    teeth(down, `l-${half}-${half}`, `l${half}-${half}`),
    'z',
  ].join('');
}

/** A roll on its dowel, some of the cloth let down to be looked at. */
export const roll: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const sheet = 'M118 270H682V886C640 900 560 880 470 890S250 906 118 884z';
    const barrel = 'M104 150Q88 150 88 240T104 330H690Q712 330 712 240T690 150z';
    const round = studio.gradient(0, 0, 0, 1, [
      [0, 'dark', 0.24],
      [0.22, 'light', 0.3],
      [0.42, 'light', 0.05],
      [0.7, 'dark', 0.26],
      [1, 'dark', 0.62],
    ]);
    const fall = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.16],
      [0.16, 'light', 0.14],
      [0.36, 'dark', 0.07],
      [0.6, 'light', 0.1],
      [0.82, 'dark', 0.12],
      [1, 'dark', 0.26],
    ]);
    const under = studio.gradient(
      0,
      300,
      0,
      450,
      [
        [0, 'dark', 0.66],
        [0.45, 'dark', 0.2],
        [1, 'dark', 0],
      ],
      true,
    );
    const spiral = [0.84, 0.66, 0.5]
      .map((k) => `<ellipse cx="700" cy="240" rx="${num(22 * k)}" ry="${num(90 * k)}"/>`)
      .join('');
    return [
      studio.wall(),
      dowel(studio, 30, 770, 240),
      studio.shadow(sheet, { x: 16, y: 22, blur: 18, opacity: 0.3 }),
      `<path fill="${studio.fabric({ x: 118, y: 270 })}" d="${sheet}"/>`,
      `<path fill="${fall}" d="${sheet}"/>`,
      selvedge(studio, 'M124 270V884', 'M130 270V884'),
      selvedge(studio, 'M676 270V889', 'M670 270V888'),
      `<path fill="${under}" d="${sheet}"/>`,
      `<path fill="${studio.fabric({ x: 118, y: 30, squash: 0.92 })}" d="${barrel}"/>`,
      selvedge(studio, 'M103 151Q94 165 94 240T103 329', ''),
      `<ellipse cx="700" cy="240" rx="22" ry="90" fill="${studio.tone}"/><ellipse cx="700" cy="240" rx="22" ry="90" fill="#210" fill-opacity=".28"/>`,
      `<g fill="none" stroke="#210" stroke-opacity=".34" stroke-width="3">${spiral}</g>`,
      `<ellipse cx="700" cy="240" rx="7" ry="26" fill="#c9a27a"/><ellipse cx="700" cy="240" rx="7" ry="26" fill="#210" fill-opacity=".25"/>`,
      dowel(studio, 700, 770, 240),
      `<path fill="${round}" d="${barrel}"/>`,
    ].join('');
  },
};

/** The self-finished edge: a pale band of close threads with a red one in it, the mill's mark. */
function selvedge(_studio: Studio, band: string, mark: string): string {
  return `<g fill="none"><path stroke="#f1eadb" stroke-opacity=".8" stroke-width="11" d="${band}"/><path stroke="#210" stroke-opacity=".14" stroke-width="11" stroke-dasharray="2 2" d="${band}"/>${mark ? `<path stroke="#b5332d" stroke-width="2.4" d="${mark}"/>` : ''}</g>`;
}

/** A round rod of beech from `x1` to `x2`. */
export function dowel(studio: Studio, x1: number, x2: number, y: number, thickness = 24): string {
  const wood = studio.gradient(0, 0, 0, 1, [
    [0, '#d9b78e', 1],
    [0.35, '#e9cfab', 1],
    [1, '#9a744c', 1],
  ]);
  return `<rect x="${x1}" y="${num(y - thickness / 2)}" width="${x2 - x1}" height="${thickness}" rx="${num(thickness / 3)}" fill="${wood}"/>`;
}

/** A length folded and laid down: the rounded folds to the front, a paper band around them. */
export const folded: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const layers = 4;
    const height = 82;
    const bottom = 800;
    const front: string[] = [];
    for (let layer = 0; layer < layers; layer += 1) {
      const y = bottom - (layer + 1) * height;
      const inset = [0, 5, 2, 7][layer] as number;
      const d = `M${120 + inset} ${y + 10}Q${98 + inset} ${y + height / 2} ${120 + inset} ${y + height}H${684 - inset}Q${702 - inset} ${y + height / 2} ${684 - inset} ${y + 6}z`;
      const round = studio.gradient(0, 0, 0, 1, [
        [0, 'dark', 0.5],
        [0.16, 'light', 0.1],
        [0.38, 'light', 0.2],
        [0.7, 'dark', 0.16],
        [1, 'dark', 0.62],
      ]);
      front.push(
        `<path fill="${studio.fabric({ scale: 0.9, x: 120, y: y + layer * 37, squash: 0.82 })}" d="${d}"/><path fill="${round}" d="${d}"/>`,
      );
    }
    const y = bottom - layers * height;
    const top = `M126 ${y + 10}L196 ${y - 150}Q204 ${y - 162} 222 ${y - 162}H604Q622 ${y - 162} 628 ${y - 150}L680 ${y + 10}Q690 ${y + 24} 668 ${y + 24}H140Q116 ${y + 24} 126 ${y + 10}z`;
    const back = studio.gradient(0, 0, 0.3, 1, [
      [0, 'dark', 0.12],
      [0.5, 'light', 0.12],
      [0.9, 'light', 0.2],
      [1, 'dark', 0.1],
    ]);
    const ground = `M120 ${bottom - 20}H700L740 ${bottom + 8}Q420 ${bottom + 30} 130 ${bottom + 6}z`;
    return [
      studio.table(560),
      `<path fill="#431" fill-opacity=".5" filter="${studio.blur(13)}" d="${ground}"/>`,
      ...front,
      `<path fill="${studio.fabric({ scale: 0.86, x: 120, y, squash: 0.5 })}" d="${top}"/>`,
      `<path fill="${back}" d="${top}"/>`,
      band(studio, y, bottom),
    ].join('');
  },
};

/** The paper band with the mill's mark: two threads over two. */
function band(studio: Studio, top: number, bottom: number): string {
  const paper = studio.gradient(0, 0, 0, 1, [
    [0, '#efe7d8', 1],
    [0.3, '#f8f3e9', 1],
    [0.42, '#efe6d6', 1],
    [1, '#d2c5af', 1],
  ]);
  const d = `M338 ${top - 162}H452L466 ${top + 16}Q470 ${top + 26} 470 ${top + 40}V${bottom - 2}H330V${top + 40}Q330 ${top + 26} 332 ${top + 16}z`;
  const mark = (x: number, y: number) => `M${x} ${y}h18v18h-18z`;
  return `${studio.shadow(d, { x: 5, y: 4, blur: 5, opacity: 0.3 })}<path fill="${paper}" d="${d}"/><path fill="#8f3d2f" d="${mark(382, top + 150)}${mark(400, top + 168)}"/><path fill="#42454a" d="${mark(400, top + 150)}${mark(382, top + 168)}"/><path stroke="#42454a" stroke-opacity=".5" stroke-width="2" d="M366 ${top + 206}h68M376 ${top + 216}h48"/>`;
}

/** A banner of nothing but cloth, in long folds. */
export const drape: FormDrawing = {
  width: 1600,
  height: 900,
  draw(studio) {
    const { cloth } = drop(studio, {
      left: -40,
      right: 1640,
      top: -60,
      length: 1040,
      folds: 4.4,
      swing: 34,
      gather: 0.42,
      depth: 0.5,
      scale: 1.25,
    });
    const light = studio.gradient(0, 0, 1, 0.5, [
      [0, 'light', 0.14],
      [0.5, 'light', 0],
      [1, 'dark', 0.34],
    ]);
    return `<g transform="rotate(7 800 450) scale(1.12) translate(-90 -50)">${cloth}</g><path fill="${light}" d="M0 0h1600v900H0z"/>`;
  },
};
