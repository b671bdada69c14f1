/** Bags and small things. */
import { num } from '../ink';
import type { FormDrawing } from '../studio';

/** A tote bag on a hook. */
export const tote: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const bag =
      'M196 400Q400 418 604 400Q612 399 613 408L634 858Q634 876 616 878Q400 894 184 878Q166 876 166 858L187 408Q188 399 196 400z';
    const volume = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.34],
      [0.18, 'light', 0.1],
      [0.4, 'light', 0.16],
      [0.62, 'dark', 0.06],
      [0.8, 'light', 0.04],
      [1, 'dark', 0.42],
    ]);
    const handle = (d: string, tone: number) =>
      `<g fill="none" stroke-linejoin="round"><path stroke="#7d4f31" stroke-width="23" d="${d}"/><path stroke="#210" stroke-opacity="${num(tone)}" stroke-width="23" d="${d}"/><path stroke="#e8c9a2" stroke-opacity=".7" stroke-width="1.8" stroke-dasharray="6 4" transform="translate(-7 0)" d="${d}"/><path stroke="#e8c9a2" stroke-opacity=".7" stroke-width="1.8" stroke-dasharray="6 4" transform="translate(7 0)" d="${d}"/></g>`;
    const folds = 'M300 420Q270 600 292 720M500 424Q540 600 512 740M220 800Q300 770 360 812M590 810Q520 776 450 824';
    return [
      studio.wall(),
      '<circle cx="400" cy="132" r="18" fill="#a9825a"/><circle cx="396" cy="127" r="10" fill="#e3c59c"/>',
      handle('M310 420Q312 250 396 150Q480 250 486 420', 0.4),
      studio.shadow(bag, { x: 18, y: 22, blur: 18, opacity: 0.32 }),
      `<path fill="${studio.fabric({ scale: 0.92, x: 166, y: 400 })}" d="${bag}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".26" stroke-width="26" stroke-linecap="round" filter="${studio.blur(16)}" d="${folds}"/>`,
      `<path fill="${volume}" d="${bag}"/>`,
      '<path fill="none" stroke="#210" stroke-opacity=".3" stroke-width="3" d="M190 446Q400 464 610 446"/><path fill="none" stroke="#f6efe0" stroke-opacity=".5" stroke-width="2" stroke-dasharray="7 4" d="M190 440Q400 458 610 440"/>',
      handle('M288 506V420Q296 262 400 142Q504 262 512 420V506', 0.05),
      '<g fill="#c39a5c"><circle cx="288" cy="488" r="6"/><circle cx="512" cy="488" r="6"/></g>',
      '<path fill="#f4ecdc" d="M572 780h40v46h-38z"/><path fill="#b5332d" d="M585 792h9v9h-9zM594 801h9v9h-9z"/>',
    ].join('');
  },
};

/** A zip pouch. */
export const pouch: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const shape =
      'M170 372Q400 352 630 372Q646 374 648 390L664 660Q664 684 640 688Q400 712 160 688Q136 684 136 660L152 390Q154 374 170 372z';
    const volume = studio.glow(0.4, 0.3, 0.8, [
      [0, 'light', 0.24],
      [0.5, 'light', 0.02],
      [0.8, 'dark', 0.2],
      [1, 'dark', 0.5],
    ]);
    return [
      studio.table(600),
      `<path fill="#431" fill-opacity=".5" filter="${studio.blur(14)}" d="M140 676Q400 670 660 676L696 708Q400 734 140 706z"/>`,
      `<path fill="${studio.fabric({ scale: 0.9, x: 136, y: 372 })}" d="${shape}"/>`,
      `<path fill="${volume}" d="${shape}"/>`,
      `<path fill="none" stroke="#210" stroke-opacity=".24" stroke-width="16" stroke-linecap="round" filter="${studio.blur(9)}" d="M170 420Q220 520 190 640M630 420Q584 520 616 640M300 684Q330 650 326 610"/>`,
      '<path fill="none" stroke="#3b2f29" stroke-width="24" d="M162 388Q400 370 638 388"/><path fill="none" stroke="#d3b070" stroke-width="9" stroke-dasharray="4 2.6" d="M166 388Q400 370 634 388"/>',
      '<path fill="none" stroke="#210" stroke-opacity=".34" stroke-width="3" d="M158 408Q400 390 642 408"/><path fill="none" stroke="#f6efe0" stroke-opacity=".5" stroke-width="2" stroke-dasharray="7 4" d="M156 416Q400 398 644 416"/>',
      '<path fill="#c39a5c" d="M604 376h26q6 0 6 6v12q0 6-6 6h-26z"/><path fill="none" stroke="#210" stroke-opacity=".3" stroke-width="20" stroke-linecap="round" d="M644 398q26 30 18 92" transform="translate(5 8)"/><path fill="none" stroke="#7d4f31" stroke-width="20" stroke-linecap="round" d="M640 392q28 34 20 96"/><path fill="none" stroke="#e8c9a2" stroke-opacity=".7" stroke-width="1.8" stroke-dasharray="6 4" d="M641 396q26 34 18 90"/>',
    ].join('');
  },
};

/** A notebook bound in cloth. */
export const notebook: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const cover = 'M218 220H592Q606 220 606 234V766Q606 780 592 780H218Q206 780 206 768V232Q206 220 218 220z';
    const pages = 'M226 236H612Q620 236 620 244V776Q620 784 612 784H226z';
    const spine = 'M218 220H262V780H218Q206 780 206 768V232Q206 220 218 220z';
    const light = studio.gradient(0, 0, 1, 1, [
      [0, 'light', 0.22],
      [0.45, 'light', 0],
      [1, 'dark', 0.24],
    ]);
    const hinge = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.4],
      [0.3, 'light', 0.2],
      [0.74, 'dark', 0.04],
      [0.86, 'dark', 0.5],
      [1, 'light', 0.14],
    ]);
    return [
      studio.wall(),
      '<g transform="rotate(-5 400 500)">',
      studio.shadow('M214 228H626V792H214z', { x: 18, y: 22, blur: 16, opacity: 0.4 }),
      `<path fill="#e7dcc6" d="M232 246H622V792H232z"/><path fill="${studio.tone}" d="M214 232H622V796H214z"/><path fill="#210" fill-opacity=".4" d="M214 232H622V796H214z"/>`,
      `<path fill="#f3ead8" d="${pages}"/><path stroke="#b7a88b" stroke-width="1.4" d="M609 240V784M613 240V784M617 242V784M226 783H616M226 787H616"/>`,
      '<path fill="#b5332d" d="M330 784h13v62l-6.500-10-6.500 10z"/>',
      `<path fill="${studio.fabric({ scale: 0.86, x: 206, y: 220 })}" d="${cover}"/><path fill="${light}" d="${cover}"/><path fill="${hinge}" d="${spine}"/>`,
      '<path fill="none" stroke="#210" stroke-opacity=".3" stroke-width="2" d="M218 221H592Q605 221 605 234V766Q605 779 592 779H218"/>',
      '<path fill="#210" fill-opacity=".3" d="M556 220h14v560h-14z"/><path fill="#33291f" d="M550 219h13v562h-13z"/>',
      '<path fill="#210" fill-opacity=".3" d="M342 326h124v76H342z" transform="translate(3 4)"/><path fill="#f4ecdc" d="M342 326h124v76H342z"/><path fill="none" stroke="#8b7c66" stroke-width="1.500" d="M349 333h110v62H349z"/><path stroke="#42454a" stroke-opacity=".55" stroke-width="3" d="M372 356h64M384 372h40"/>',
      '</g>',
    ].join('');
  },
};

/** Ribbon wound on a card, its end hanging. */
export const ribbon: FormDrawing = {
  width: 800,
  height: 1000,
  draw(studio) {
    const card =
      'M268 150H532Q546 150 546 164V236Q520 250 520 280V640Q520 670 546 684V756Q546 770 532 770H268Q254 770 254 756V684Q280 670 280 640V280Q280 250 254 236V164Q254 150 268 150z';
    const paper = studio.gradient(0, 0, 1, 1, [
      [0, '#f7f1e5', 1],
      [1, '#e0d3bd', 1],
    ]);
    const along = (y: number, angle: number) => studio.fabric({ scale: 0.95, angle: 90 + angle, x: 520, y });
    const round = studio.gradient(0, 0, 1, 0, [
      [0, 'dark', 0.56],
      [0.07, 'dark', 0.1],
      [0.3, 'light', 0.14],
      [0.7, 'dark', 0.03],
      [0.94, 'dark', 0.16],
      [1, 'dark', 0.62],
    ]);
    const edge = studio.gradient(0, 0, 0, 1, [
      [0, 'light', 0.2],
      [0.1, 'light', 0],
      [0.86, 'dark', 0],
      [1, 'dark', 0.36],
    ]);
    const winds = [270, 340, 410, 480, 550].map((y, index) => {
      const tilt = [2, -2, 3, -1, 2][index] as number;
      const d = `M272 ${y + 6 + tilt}Q268 ${y + 48} 272 ${y + 92 + tilt}L528 ${y + 88}Q532 ${y + 46} 528 ${y}z`;
      return `${studio.shadow(d, { x: 0, y: 4, blur: 4, opacity: 0.5 })}<path fill="${along(y, -1)}" d="${d}"/><path fill="${edge}" d="${d}"/><path fill="${round}" d="${d}"/>`;
    });
    const tail = 'M440 636Q500 632 528 640Q536 700 520 760T536 890L492 868L448 894Q460 820 444 760T440 636z';
    const fall = studio.gradient(0, 0, 0, 1, [
      [0, 'dark', 0.6],
      [0.14, 'dark', 0.06],
      [0.4, 'light', 0.2],
      [0.62, 'dark', 0.24],
      [1, 'light', 0.06],
    ]);
    return [
      studio.wall(),
      studio.shadow(card, { x: 14, y: 20, blur: 14, opacity: 0.36 }),
      `<path fill="${paper}" d="${card}"/>`,
      '<circle cx="400" cy="180" r="11" fill="#b7a88b"/><path fill="#8f3d2f" d="M388 706h12v12h-12zM400 718h12v12h-12z"/><path fill="#42454a" d="M400 706h12v12h-12zM388 718h12v12h-12z"/>',
      studio.shadow(tail, { x: 14, y: 10, blur: 10, opacity: 0.36 }),
      `<path fill="${studio.fabric({ scale: 0.95, x: 440, y: 636 })}" d="${tail}"/><path fill="${fall}" d="${tail}"/>`,
      ...winds.reverse(),
    ].join('');
  },
};
