import type { CollectionInput } from '@/db/products';

/** The eight shelves of the shop, each with a wide picture of cloth. */
export const COLLECTIONS: CollectionInput[] = [
  {
    slug: 'tartans',
    title: 'Tartans',
    description:
      'Setts of our own, drawn at the loom and named for the places around the mill. The same stripes run both ways, and everything else is what the crossings make of them.',
    imageUrl: '/weave/twill/drape.svg?sett=bottle.10-navy.24-ink.8-navy.8-forest.32-saffron.2&finish=brushed',
  },
  {
    slug: 'herringbones',
    title: 'Herringbone & Houndstooth',
    description:
      'What a twill can do. Turn it and it becomes a herringbone; colour it four and four and the broken checks of a houndstooth appear by themselves.',
    imageUrl: '/weave/herringbone/drape.svg?warp=charcoal&weft=oatmeal&gauge=bold&finish=brushed',
  },
  {
    slug: 'denim-and-twill',
    title: 'Denim & Twill',
    description:
      'Cottons with a diagonal: rope-dyed denim from shuttle looms, cavalry twill, corduroy, and the chambray that goes under all of them.',
    imageUrl: '/weave/denim/drape.svg?warp=indigo&weft=ecru&finish=slub&gauge=bold',
  },
  {
    slug: 'linen',
    title: 'Linen',
    description:
      'Flax from Normandy, woven plain or nearly so. Cool to touch, crisp for a day, and better after fifty washes than after one.',
    imageUrl: '/weave/plain/drape.svg?warp=flax&weft=ecru&finish=slub&gauge=bold',
  },
  {
    slug: 'throws-and-blankets',
    title: 'Throws & Blankets',
    description:
      'Lambswool, milled in soft water and raised with teasels, for the end of a bed, the back of a chair and the boot of a car.',
    imageUrl: '/weave/twill/drape.svg?sett=ecru.40-rust.12-ecru.4-rust.4-ecru.4-petrol.12&finish=brushed&gauge=bold',
  },
  {
    slug: 'scarves-and-caps',
    title: 'Scarves & Caps',
    description: 'Small cloths for the weather, with ties for when it is kept outside. Fringes are twisted by hand.',
    imageUrl: '/weave/diamond/drape.svg?warp=wine&weft=blush&gauge=bold',
  },
  {
    slug: 'kitchen-and-table',
    title: 'Kitchen & Table',
    description:
      'Gingham, waffle, damask and stripes that are meant to be washed. Tea towels that dry, aprons that last and cloths that make a table.',
    imageUrl: '/weave/plain/drape.svg?warp=brick.12-chalk.12&gauge=bold',
  },
  {
    slug: 'bags-and-small-things',
    title: 'Bags & Small Things',
    description:
      'What we make of the ends of a warp, which are too good to throw away and too short to sell by the metre.',
    imageUrl: '/weave/basket/drape.svg?warp=oatmeal&weft=saffron&gauge=bold',
  },
].map((collection, position) => ({ ...collection, position }));
