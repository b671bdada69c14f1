/** Things to wear. */
import type { FormDrawing, Studio } from '../studio';
import { fringe } from './drape';

/** A scarf over a peg, both ends hanging in folds from where it is gathered. */
export const scarf: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const behind = fan(studio, { x: 416, y: -180, from: 0.5, to: 10.5, near: 320, far: 950, panels: 5, shift: 60 });
    const before = fan(studio, { x: 396, y: -190, from: -11, to: 3, near: 316, far: 1080, panels: 6, shift: 0 });
    const loop = 'M334 150Q336 92 400 86Q470 84 479 150L489 204Q446 176 404 180Q364 184 330 212z';
    const round = studio.gradient(0, 0, 0, 1, [
      [0, 'dark', 0.3],
      [0.2, 'light', 0.2],
      [0.5, 'dark', 0.05],
      [1, 'dark', 0.5],
    ]);
    const creases =
      'M356 196Q358 140 384 104M380 190Q384 130 398 100M412 184Q412 130 412 98M440 184Q438 130 424 100M462 190Q458 140 440 106';
    return [
      studio.wall(),
      '<ellipse cx="420" cy="126" rx="52" ry="40" fill="#431" fill-opacity=".3"/>',
      studio.shadow(behind.outline, { x: 20, y: 22, blur: 18, opacity: 0.3 }),
      behind.cloth,
      `<path fill="#210" fill-opacity=".2" d="${behind.outline}"/>`,
      studio.shadow(before.outline, { x: 14, y: 18, blur: 14, opacity: 0.4 }),
      before.cloth,
      `<path fill="${studio.fabric({ scale: 0.62, x: 400, y: 142, angle: 4 })}" d="${loop}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".5" stroke-width="7" filter="${studio.blur(3)}" d="${creases}"/>`,
      `<path fill="${round}" d="${loop}"/>`,
      '<circle cx="407" cy="100" r="22" fill="#8d6a46"/><circle cx="404" cy="96" r="21" fill="#c9a27a"/><circle cx="398" cy="90" r="11" fill="#e6caa5"/>',
    ].join('');
  },
};

interface Fan {
  /** The point above the gathering that all folds run from. */
  x: number;
  y: number;
  /** Degrees from straight down, left negative. */
  from: number;
  to: number;
  /** Distances from the point: where the cloth begins and where its hem is. */
  near: number;
  far: number;
  panels: number;
  /** Slides the cloth along itself, so that two ends of one scarf differ. */
  shift: number;
}

/** A hanging end: wedges of cloth side by side, each turned a little further, its fringe below. */
function fan(studio: Studio, { x, y, from, to, near, far, panels, shift }: Fan): { cloth: string; outline: string } {
  const at = (degrees: number, distance: number): [number, number] => {
    const radians = (degrees * Math.PI) / 180;
    return [x + Math.sin(radians) * distance, y + Math.cos(radians) * distance];
  };
  const point = ([px, py]: [number, number]) => `${px.toFixed(1)} ${py.toFixed(1)}`;
  const lit = studio.gradient(0, 0, 1, 0, [
    [0, 'dark', 0.3],
    [0.4, 'light', 0.12],
    [1, 'light', 0.02],
  ]);
  const away = studio.gradient(0, 0, 1, 0, [
    [0, 'light', 0.06],
    [0.5, 'dark', 0.1],
    [1, 'dark', 0.42],
  ]);
  const hem: [number, number][] = [];
  const pieces: string[] = [];
  for (let panel = 0; panel < panels; panel += 1) {
    const [a, b] = [from + ((to - from) * panel) / panels, from + ((to - from) * (panel + 1)) / panels];
    const middle = (a + b) / 2;
    const length = (edge: number) => far + Math.sin(edge * 3.1 + shift) * 7;
    const corners = [at(a, near), at(b + 0.06, near), at(b + 0.06, length(b)), at(a, length(a))];
    const d = `M${corners.map(point).join('L')}z`;
    const paint = studio.fabric({ scale: 0.62, angle: -middle, x: x + panel * 26, y: y + shift });
    pieces.push(`<path fill="${paint}" d="${d}"/><path fill="${panel % 2 ? away : lit}" d="${d}"/>`);
    hem.push(at(a, length(a)));
    if (panel === panels - 1) hem.push(at(b, length(b)));
  }
  const outline = `M${[at(from, near), ...hem, at(to, near)].map(point).join('L')}z`;
  const gathered = studio.gradient(
    0,
    y + near,
    0,
    y + near + 200,
    [
      [0, 'dark', 0.5],
      [0.4, 'dark', 0.12],
      [1, 'dark', 0],
    ],
    true,
  );
  return {
    cloth: `${fringe(studio, hem, { length: 44, gap: 8, angle: -(from + to) / 2 })}${pieces.join('')}<path fill="${gathered}" d="${outline}"/>`,
    outline,
  };
}

/** A flat cap, seen from the side. */
export const cap: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const crown =
      'M146 622Q130 580 226 496Q330 400 470 398Q616 404 664 512Q686 590 652 622Q600 650 420 654Q230 656 146 622z';
    const peak = 'M92 664Q96 630 160 616Q270 600 340 640Q372 660 360 672Q300 706 200 702Q92 698 92 664z';
    const band = 'M300 650Q420 620 560 622Q640 622 662 594Q674 648 640 664Q480 684 330 672z';
    const volume = studio.glow(0.36, 0.2, 0.9, [
      [0, 'light', 0.3],
      [0.45, 'light', 0.03],
      [0.8, 'dark', 0.3],
      [1, 'dark', 0.56],
    ]);
    const seam = 'M470 398Q560 480 556 648M470 398Q330 440 300 650';
    const ground = 'M100 690Q400 660 660 656L704 690Q420 734 120 716z';
    return [
      studio.table(560),
      `<path fill="#431" fill-opacity=".5" filter="${studio.blur(15)}" d="${ground}"/>`,
      `<path fill="${studio.fabric({ scale: 0.78, angle: 3, x: 300, y: 360 })}" d="${band}"/><path fill="#210" fill-opacity=".4" d="${band}"/>`,
      `<path fill="${studio.fabric({ scale: 0.78, angle: 6, x: 300, y: 360 })}" d="${crown}"/>`,
      `<path fill="${volume}" d="${crown}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".42" stroke-width="4" d="${seam}"/><path fill="none" stroke="#fff" stroke-opacity=".2" stroke-width="2" transform="translate(4 -2)" d="${seam}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".3" stroke-width="22" filter="${studio.blur(10)}" d="M330 640Q220 644 156 612M560 636Q650 610 660 530"/>`,
      `<path fill="#210" fill-opacity=".5" filter="${studio.blur(6)}" d="M110 650Q200 590 350 646L340 664Q220 620 130 664z"/>`,
      `<path fill="${studio.fabric({ scale: 0.78, angle: -4, x: 108, y: 618 })}" d="${peak}"/>`,
      `<path fill="${studio.gradient(0, 0, 0.2, 1, [
        [0, 'dark', 0.3],
        [0.3, 'light', 0.2],
        [0.7, 'dark', 0.06],
        [1, 'dark', 0.55],
      ])}" d="${peak}"/>`,
      `<path fill="none" stroke="#f6efe0" stroke-opacity=".3" stroke-width="2" stroke-dasharray="6 4" d="M104 668Q112 688 200 692Q290 694 346 668"/>`,
      `<ellipse cx="470" cy="399" rx="16" ry="6" fill="${studio.tone}"/><ellipse cx="470" cy="399" rx="16" ry="6" fill="#210" fill-opacity=".25"/>`,
    ].join('');
  },
};

/** A shirt laid flat, sleeves folded in. */
export const shirt: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const body =
      'M268 220Q324 196 356 182H444Q476 196 532 220Q562 232 564 262L562 420L574 770Q572 806 540 812Q478 812 448 832Q400 842 352 832Q322 812 260 812Q228 806 226 770L238 420L236 262Q238 232 268 220z';
    const left = 'M270 220Q206 240 184 312L104 622Q100 640 116 646L172 664Q188 668 194 652L246 470L268 300z';
    const right = 'M530 220Q594 240 616 312L696 622Q700 640 684 646L628 664Q612 668 606 652L554 470L532 300z';
    const cuff = (side: -1 | 1) => {
      const x = (value: number) => 400 + side * value;
      return `M${x(306)} 574L${x(216)} 548L${x(196)} 660Q${x(202)} 670 ${x(226)} 666L${x(284)} 648Q${x(302)} 642 ${x(300)} 622z`;
    };
    const collarLeft = 'M352 170Q330 190 318 216L352 292Q376 262 400 238Q370 214 352 170z';
    const collarRight = 'M448 170Q470 190 482 216L448 292Q424 262 400 238Q430 214 448 170z';
    const inside = 'M352 172Q400 150 448 172Q434 214 400 238Q366 214 352 172z';
    const placket = 'M382 240H418V836H382z';
    const pocket = 'M452 380H540V470L496 490L452 470z';
    const paint = (angle: number, x: number) => studio.fabric({ scale: 0.7, angle, x, y: 214 });
    const soft = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.36],
      [0.14, 'light', 0.08],
      [0.3, 'dark', 0.06],
      [0.46, 'light', 0.12],
      [0.7, 'dark', 0.04],
      [0.86, 'light', 0.06],
      [1, 'dark', 0.4],
    ]);
    const sleeve = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.26],
      [0.4, 'light', 0.14],
      [0.7, 'dark', 0.04],
      [1, 'dark', 0.4],
    ]);
    const wrinkles =
      'M262 320Q300 350 296 440M544 320Q510 350 508 440M250 560Q300 590 312 670M552 580Q500 610 494 690M300 720Q330 740 340 800M480 720Q470 750 472 810M160 440Q186 460 214 452M640 440Q614 460 586 452';
    const buttons = [300, 390, 480, 570, 660, 750].map(
      (y) =>
        `<circle cx="400" cy="${y}" r="8"/><path stroke="#8b7c66" stroke-width="2" d="M397 ${y - 2}l6 4m0-4l-6 4"/>`,
    );
    return [
      studio.wall(),
      studio.shadow(`${body}${left}${right}`, { x: 16, y: 22, blur: 16, opacity: 0.34 }),
      `<path fill="${paint(15, 184)}" d="${left}"/><path fill="${paint(-15, 616)}" d="${right}"/>`,
      `<path fill="${sleeve}" d="${left}"/><path fill="${sleeve}" d="${right}"/>`,
      `<path fill="${paint(16, 120)}" d="${cuff(-1)}"/><path fill="${paint(-16, 600)}" d="${cuff(1)}"/><path fill="none" stroke="#210" stroke-opacity=".34" stroke-width="3" d="M94 574L184 548M706 574L616 548"/>`,
      studio.shadow(body, { x: 4, y: 4, blur: 9, opacity: 0.5 }),
      `<path fill="${paint(0, 220)}" d="${body}"/><path fill="${soft}" d="${body}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".24" stroke-width="15" stroke-linecap="round" filter="${studio.blur(9)}" d="${wrinkles}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".25" stroke-width="3" d="M268 220Q256 330 240 450M532 220Q544 330 560 450"/>`,
      studio.shadow(pocket, { x: 2, y: 5, blur: 4, opacity: 0.34 }),
      `<path fill="${paint(0, 452)}" d="${pocket}"/><path fill="none" stroke="#210" stroke-opacity=".24" stroke-width="2" d="${pocket}M452 400H540"/>`,
      studio.shadow(placket, { x: 3, y: 0, blur: 4, opacity: 0.34 }),
      `<path fill="${paint(0, 388)}" d="${placket}"/><path fill="none" stroke="#210" stroke-opacity=".2" stroke-width="2" d="M388 240V836M412 240V836"/>`,
      `<path fill="${studio.fabric({ scale: 0.7, angle: 0, x: 340, y: 150 })}" d="${inside}"/><path fill="#210" fill-opacity=".46" d="${inside}"/><path fill="#f4ecdc" d="M384 188h32v18h-32z"/><path fill="#b5332d" d="M396 193h8v8h-8z"/>`,
      studio.shadow(`${collarLeft}${collarRight}`, { x: 3, y: 8, blur: 6, opacity: 0.5 }),
      `<path fill="${paint(26, 352)}" d="${collarLeft}"/><path fill="${paint(-26, 448)}" d="${collarRight}"/>`,
      `<path fill="#fff" fill-opacity=".08" d="${collarLeft}${collarRight}"/><path fill="none" stroke="#210" stroke-opacity=".26" stroke-width="2" d="${collarLeft}${collarRight}"/>`,
      `<g fill="#efe7d6">${buttons.join('')}</g>`,
    ].join('');
  },
};

/** A tie, knotted and laid down. */
export const tie: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const blade = 'M374 226L330 770L402 884L474 770L426 226z';
    const tail = 'M388 226L400 690L446 740L486 690L430 226z';
    const knot = 'M352 136H448Q454 136 452 144L430 230Q428 236 420 236H380Q372 236 370 230L348 144Q346 136 352 136z';
    const half = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.3],
      [0.3, 'light', 0.18],
      [0.55, 'light', 0.02],
      [1, 'dark', 0.36],
    ]);
    const bias = (x: number, angle = 45) => studio.fabric({ scale: 0.62, angle, x, y: 226 });
    return [
      studio.wall(),
      studio.shadow(tail, { opacity: 0.3 }),
      `<g transform="rotate(-3 410 226)"><path fill="${bias(440, -45)}" d="${tail}"/><path fill="#210" fill-opacity=".42" d="${tail}"/></g>`,
      studio.shadow(blade, { x: 14, y: 16, blur: 13, opacity: 0.38 }),
      `<path fill="${bias(374)}" d="${blade}"/><path fill="${half}" d="${blade}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".42" stroke-width="15" stroke-linecap="round" filter="${studio.blur(7)}" d="M400 240Q394 290 392 350M378 246Q374 270 372 300M420 246Q424 280 424 310"/>`,
      studio.shadow(knot, { x: 2, y: 8, blur: 6, opacity: 0.5 }),
      `<path fill="${bias(352, -40)}" d="${knot}"/><path fill="${half}" d="${knot}"/>`,
      '<path fill="none" stroke="#210" stroke-opacity=".3" stroke-width="6" d="M358 152Q400 164 442 152"/>',
    ].join('');
  },
};
