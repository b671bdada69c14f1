/** Things for the house: throws, cushions, curtains, kitchen and table linen. */
import { num } from '../ink';
import type { FormDrawing, Stop, Studio } from '../studio';
import { drop, fringe } from './drape';
import { dowel } from './yardage';

/** A throw over a rail, its fringe hanging. */
export const throwOnRail: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const front = {
      left: 140,
      right: 640,
      top: 176,
      length: 620,
      folds: 3.4,
      swing: 6,
      gather: 0.34,
      depth: 0.34,
      scale: 0.72,
    };
    const { cloth, outline } = drop(studio, front);
    const back = 'M240 180H688V664Q560 676 240 660z';
    const backHem: [number, number][] = [
      [600, 668],
      [688, 664],
    ];
    return [
      studio.wall(),
      dowel(studio, 40, 760, 190, 26),
      studio.shadow(back, { x: 20, y: 24, blur: 20, opacity: 0.3 }),
      fringe(studio, backHem, { length: 42 }),
      `<path fill="${studio.fabric({ scale: 0.72, x: 190, y: 20 })}" d="${back}"/>`,
      `<path fill="#210" fill-opacity=".42" d="${back}"/>`,
      studio.shadow(outline, { x: 14, y: 20, blur: 14, opacity: 0.4 }),
      fringe(studio, hemOf(outline)),
      cloth,
      `<path fill="${overRail(studio, 170, 262)}" d="${outline}"/>`,
    ].join('');
  },
};

/** The light on cloth that bends over a rod: bright on top, a shadow where it begins to fall. */
function overRail(studio: Studio, top: number, bottom: number): string {
  const stops: Stop[] = [
    [0, 'dark', 0.3],
    [0.14, 'light', 0.1],
    [0.3, 'light', 0.36],
    [0.5, 'dark', 0.02],
    [0.62, 'dark', 0.16],
    [1, 'dark', 0],
  ];
  return studio.gradient(0, top, 0, bottom, stops, true);
}

/** The lower edge of a drop's outline. */
function hemOf(outline: string): [number, number][] {
  const points = [...outline.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as [number, number],
  );
  return points.slice(0, points.length / 2);
}

/** A cushion that somebody has just plumped. */
export const cushion: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const shape =
      'M150 262Q400 306 650 254Q668 250 664 270Q620 500 668 738Q672 758 650 754Q400 712 148 762Q128 766 132 744Q178 500 134 276Q131 258 150 262z';
    const volume = studio.glow(0.38, 0.34, 0.72, [
      [0, 'light', 0.26],
      [0.4, 'light', 0.04],
      [0.72, 'dark', 0.16],
      [1, 'dark', 0.52],
    ]);
    const ground = 'M150 740Q400 720 664 740L700 772Q400 800 140 770z';
    const creases =
      'M152 280Q200 330 232 372M646 272Q610 320 590 360M150 744Q196 706 222 660M650 736Q606 700 584 654M210 300Q230 330 262 356M592 292Q570 318 548 340';
    return [
      studio.table(640),
      `<path fill="#431" fill-opacity=".46" filter="${studio.blur(16)}" d="${ground}"/>`,
      `<path fill="${studio.fabric({ scale: 0.92, x: 400, y: 500, angle: -0.6 })}" d="${shape}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".24" stroke-width="16" stroke-linecap="round" filter="${studio.blur(9)}" d="${creases}"/>`,
      `<path fill="${volume}" d="${shape}"/>`,
      `<path fill="none" stroke="${studio.tone}" stroke-width="9" d="${shape}"/><path fill="none" stroke="#210" stroke-opacity=".34" stroke-width="9" d="${shape}"/><path fill="none" stroke="#fff" stroke-opacity=".22" stroke-width="2.4" transform="translate(-1.6 -1.6)" d="${shape}"/>`,
    ].join('');
  },
};

/** A pair of curtains' one half, on rings. */
export const curtain: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const { cloth, outline } = drop(studio, {
      left: 120,
      right: 680,
      top: 186,
      length: 712,
      folds: 6,
      swing: 9,
      gather: 0.6,
      depth: 0.62,
      scale: 0.8,
    });
    const rings = Array.from({ length: 7 }, (_, index) => 124 + index * 92);
    const foot = studio.gradient(0, 0, 0, 1, [
      [0, 'dark', 0.3],
      [0.08, 'dark', 0.02],
      [0.7, 'dark', 0],
      [1, 'dark', 0.24],
    ]);
    return [
      studio.table(906),
      `<path fill="#431" fill-opacity=".4" filter="${studio.blur(10)}" d="M120 896H690L720 922H130z"/>`,
      studio.shadow(outline, { x: 22, y: 14, blur: 20, opacity: 0.28 }),
      cloth,
      `<path fill="${foot}" d="${outline}"/>`,
      dowel(studio, 60, 740, 148, 22),
      `<g fill="none" stroke="#8d6f46" stroke-width="6">${rings.map((x) => `<ellipse cx="${x}" cy="160" rx="11" ry="27"/>`).join('')}</g>`,
      `<circle cx="58" cy="148" r="19" fill="#c9a27a"/><circle cx="742" cy="148" r="19" fill="#a9825a"/>`,
    ].join('');
  },
};

/** A tea towel, folded once over a bar, its loop and hem stitches showing. */
export const teaTowel: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const front = {
      left: 196,
      right: 588,
      top: 180,
      length: 640,
      folds: 1.4,
      swing: 4,
      gather: 0.16,
      depth: 0.2,
      phase: 0.2,
    };
    const { cloth, outline } = drop(studio, front);
    const hem = hemOf(outline);
    const line = (lift: number) => `M${hem.map(([x, y]) => `${num(x)} ${num(y - lift)}`).join('L')}`;
    const back = 'M230 184H606L616 726Q420 740 240 722z';
    return [
      studio.wall(),
      '<path stroke="#a9884f" stroke-width="14" stroke-linecap="round" d="M90 192H710"/><path stroke="#e8d3a0" stroke-width="3" stroke-linecap="round" d="M90 188H710"/>',
      '<g fill="#a9884f"><circle cx="96" cy="192" r="15"/><circle cx="704" cy="192" r="15"/></g>',
      studio.shadow(back, { x: 20, y: 20, blur: 18, opacity: 0.3 }),
      `<path fill="${studio.fabric({ x: 240, y: 40 })}" d="${back}"/><path fill="#210" fill-opacity=".3" d="${back}"/>`,
      studio.shadow(outline, { x: 12, y: 14, blur: 12, opacity: 0.34 }),
      cloth,
      `<path fill="none" stroke="#210" stroke-opacity=".22" stroke-width="3" d="${line(20)}"/><path fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="1.6" stroke-dasharray="6 4" d="${line(23)}"/>`,
      `<path fill="${overRail(studio, 174, 256)}" d="${outline}"/>`,
    ].join('');
  },
};

/** Two napkins, one laid across the other, tied with linen string. */
export const napkins: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const lower =
      'M214 268L628 318Q642 320 640 334L592 736Q590 750 576 748L166 700Q152 698 154 684L200 282Q202 266 214 268z';
    const upper = 'M176 300H608Q622 300 622 314V726Q622 740 608 740H176Q162 740 162 726V314Q162 300 176 300z';
    const flap = 'M162 314Q162 300 176 300H608Q622 300 622 314V500Q400 520 162 504z';
    const sheen = studio.gradient(0, 0, 1, 1, [
      [0, 'light', 0.22],
      [0.5, 'light', 0],
      [1, 'dark', 0.2],
    ]);
    const stitched = (inset: number) => `M${162 + inset} ${504 - inset}V${300 + inset}H${622 - inset}V${504 - inset}`;
    const knot = 'M392 520q-66-58-84-22t84 22q66-58 84-22t-84 22q-40 30-52 84M392 520q44 26 60 72';
    return [
      studio.wall(),
      studio.shadow(lower, { opacity: 0.32 }),
      `<path fill="${studio.fabric({ scale: 0.86, angle: 7, x: 200, y: 282 })}" d="${lower}"/><path fill="#210" fill-opacity=".1" d="${lower}"/>`,
      `<g transform="rotate(-4 392 520)">${studio.shadow(upper, { x: 10, y: 12, blur: 9, opacity: 0.4 })}<path fill="${studio.fabric({ scale: 0.86, x: 162, y: 300 })}" d="${upper}"/><path fill="${sheen}" d="${upper}"/>`,
      studio.shadow(flap, { x: 0, y: 7, blur: 6, opacity: 0.4 }),
      `<path fill="${studio.fabric({ scale: 0.86, x: 162, y: 316 })}" d="${flap}"/><path fill="${sheen}" d="${flap}"/>`,
      `<path fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="2" stroke-dasharray="7 5" d="${stitched(22)}"/><path fill="none" stroke="#210" stroke-opacity=".16" stroke-width="2" d="${stitched(26)}"/>`,
      `<g fill="none" stroke-linecap="round"><path stroke="#210" stroke-opacity=".3" stroke-width="8" transform="translate(4 6)" d="M162 520H622${knot}"/><path stroke="#c9b38a" stroke-width="7" d="M160 520H624${knot}"/><path stroke="#f0e4c8" stroke-width="2" stroke-dasharray="3 5" d="M160 519H624${knot}"/></g></g>`,
    ].join('');
  },
};

/** A table laid with a cloth that falls over its edge. */
export const tablecloth: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const { cloth, outline } = drop(studio, {
      left: 60,
      right: 740,
      top: 520,
      length: 300,
      folds: 4.5,
      swing: 9,
      gather: 0.4,
      depth: 0.42,
      scale: 0.78,
    });
    const top = 'M60 526L166 352Q170 344 182 344H618Q630 344 634 352L740 526Q400 548 60 526z';
    const sheen = studio.gradient(0, 0, 0.4, 1, [
      [0, 'dark', 0.06],
      [0.5, 'light', 0.18],
      [1, 'light', 0.06],
    ]);
    return [
      studio.table(610),
      `<path fill="#431" fill-opacity=".5" filter="${studio.blur(22)}" d="M90 800H720L770 920H60z"/>`,
      '<path fill="#8f6c48" d="M112 790h26l-8 150h-14zM662 790h26l-4 150h-14z"/><path fill="#210" fill-opacity=".35" d="M112 790h26l-2 40h-24zM662 790h26l-1 40h-24z"/>',
      cloth,
      `<path fill="#210" fill-opacity=".1" d="${outline}"/>`,
      `<path fill="${studio.fabric({ scale: 0.78, x: 60, y: 344, squash: 0.5 })}" d="${top}"/><path fill="${sheen}" d="${top}"/>`,
      `<path fill="none" stroke="#fff" stroke-opacity=".24" stroke-width="5" filter="${studio.blur(2)}" d="M62 526Q400 548 738 526"/>`,
      vase(),
    ].join('');

    function vase(): string {
      const clay = studio.gradient(0, 0, 1, 0, [
        [0, '#efe8dc', 1],
        [0.4, '#f7f2e9', 1],
        [1, '#b9ab97', 1],
      ]);
      return `<ellipse cx="440" cy="436" rx="84" ry="14" fill="#210" fill-opacity=".34" filter="${studio.blur(7)}"/><path fill="none" stroke="#6b6b45" stroke-width="4" stroke-linecap="round" d="M396 292Q372 190 320 128M400 292Q404 180 428 92M404 292Q440 210 500 170"/><g fill="#8d9066"><path d="M320 128q-36-6-44-38q34 2 44 38zM346 168q-40 2-56 26q34 14 56-26zM364 204q34-14 36-46q-36 6-36 46zM428 92q-8-34 16-56q16 32-16 56zM420 132q-34-12-36-42q36 6 36 42zM408 190q36-10 42-40q-38 2-42 40zM500 170q34-14 62 4q-26 24-62-4zM462 192q2-38 30-50q6 36-30 50zM440 220q36 4 44 32q-36 4-44-32z"/></g><path fill="${clay}" d="M376 288H428Q424 318 446 350Q468 384 444 424Q440 438 402 438T360 424Q336 384 358 350Q380 318 376 288z"/>`;
    }
  },
};

/** An apron on a hook: bib, pocket, ties. */
export const apron: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const shape =
      'M298 238H502Q512 238 513 250Q520 380 606 420Q618 426 618 440L634 862Q634 878 618 878Q400 896 182 878Q166 878 166 862L182 440Q182 426 194 420Q280 380 287 250Q288 238 298 238z';
    const pocket = 'M270 540H530V668Q530 700 500 700H300Q270 700 270 668z';
    const tape = (d: string, width = 17) =>
      `<g fill="none" stroke-linecap="round"><path stroke="${studio.tone}" stroke-width="${width}" d="${d}"/><path stroke="#210" stroke-opacity=".36" stroke-width="${width}" d="${d}"/><path stroke="#fff" stroke-opacity=".2" stroke-width="2" transform="translate(-4 0)" d="${d}"/></g>`;
    const fall = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.34],
      [0.2, 'light', 0.1],
      [0.36, 'dark', 0.1],
      [0.52, 'light', 0.14],
      [0.74, 'dark', 0.08],
      [0.86, 'light', 0.08],
      [1, 'dark', 0.4],
    ]);
    const folds =
      'M250 460Q232 660 226 880M352 720Q346 800 350 886M470 716Q478 800 470 886M560 460Q584 660 580 880M330 250Q350 380 330 520M480 256Q462 380 476 520';
    return [
      studio.wall(),
      '<circle cx="400" cy="96" r="17" fill="#a9825a"/><circle cx="396" cy="92" r="9" fill="#e3c59c"/>',
      tape('M190 436Q120 470 134 560T112 700'),
      tape('M610 436Q676 480 660 570T690 716'),
      tape('M316 244Q330 130 400 106Q470 130 484 244', 18),
      studio.shadow(shape, { x: 18, y: 24, blur: 18, opacity: 0.3 }),
      `<path fill="${studio.fabric({ scale: 0.84, x: 166, y: 238 })}" d="${shape}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".22" stroke-width="22" filter="${studio.blur(12)}" d="${folds}"/>`,
      `<path fill="${fall}" d="${shape}"/>`,
      studio.shadow(pocket, { x: 3, y: 7, blur: 5, opacity: 0.36 }),
      `<path fill="${studio.fabric({ scale: 0.84, x: 270, y: 540 })}" d="${pocket}"/><path fill="#fff" fill-opacity=".07" d="${pocket}"/>`,
      `<g fill="none" stroke="#f6efe0" stroke-opacity=".7" stroke-width="2" stroke-dasharray="7 4"><path d="M278 548V668Q278 692 300 692H500Q522 692 522 668V548M270 558H530M400 558V692"/><path d="M300 248H500M176 866Q400 884 624 866"/></g>`,
      '<g fill="#b08d57"><circle cx="316" cy="258" r="7"/><circle cx="484" cy="258" r="7"/><circle cx="278" cy="548" r="4"/><circle cx="522" cy="548" r="4"/></g>',
    ].join('');
  },
};
