/** What the mill weaves with: how it is looked after, and where it comes from. */
export const MATERIALS = {
  lambswool: {
    care: 'Air it overnight rather than wash it; when you must, wash it by hand in cool water with a wool soap, roll it in a towel and dry it flat. It pills a little in its first weeks, where it is rubbed, and then stops.',
    origin: 'Pure new lambswool, spun in Yorkshire, woven and milled soft in our own water at Kirkbeck.',
  },
  merino: {
    care: 'Hand wash cool or dry clean, and steam it from the back. Merino lets go of creases and smells by itself if it may hang for a night.',
    origin: 'Merino from mulesing-free flocks, spun in Biella and woven at Kirkbeck.',
  },
  tweed: {
    care: 'Brush it after wearing, dry clean it seldom, and press it under a damp cloth. It was made for rain, so a shower does it no harm.',
    origin: 'Cheviot wool, dyed in the fleece so that every yarn holds several colours, woven at Kirkbeck.',
  },
  cotton: {
    care: 'Machine wash at 40 °C with like colours and hang it to dry. It shrinks by no more than three per cent, all of it in the first wash.',
    origin: 'Organic long-staple cotton from the Aegean, ring-spun, woven and finished at Kirkbeck.',
  },
  denim: {
    care: 'Wash it inside out at 30 °C, seldom, and let it dry on the line. The indigo will rub off on pale things at first, and will fade where you wear it most: that is the point of it.',
    origin: 'Rope-dyed organic cotton, woven on our 1950s shuttle looms, with the red thread in its selvedge.',
  },
  corduroy: {
    care: 'Wash it inside out at 30 °C and shake it while it is damp; never iron the pile, steam it. Cut all pieces in one direction, as the pile has a way it lies.',
    origin: 'Organic cotton, woven at Kirkbeck and cut by the last corduroy cutters in Lancashire.',
  },
  linen: {
    care: 'Machine wash at 40 °C and hang it while it is wet; iron it damp, or leave it as it falls. Linen gets softer with every wash and outlives most washing machines.',
    origin: 'European flax, grown in Normandy without irrigation, wet-spun, woven at Kirkbeck and washed with stones.',
  },
  silk: {
    care: 'Dry clean only. Untie it every evening, the way it was tied, and let it hang: the creases are gone by morning.',
    origin: 'Silk from Como, yarn-dyed, woven at sixty picks to the centimetre at Kirkbeck and folded by hand.',
  },
  paper: {
    care: 'Keep it dry and out of the sun. The cover can be wiped with a barely damp cloth.',
    origin: 'Covered in our own cloth and bound in thread-sewn sections by a bindery two valleys away.',
  },
} satisfies Record<string, { care: string; origin: string }>;

export type Material = keyof typeof MATERIALS;
