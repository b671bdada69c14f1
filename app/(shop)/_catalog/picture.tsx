import styles from './picture.module.css';

interface PictureProps {
  /** Null where there is no picture: then a plain weave stands in. */
  src: string | null;
  alt: string;
  /** The frame keeps this shape whatever the picture's own is; a free one is given its size by `className`. */
  shape?: 'portrait' | 'square' | 'free';
  /** For what is seen first: fetched at once and before others. */
  eager?: boolean;
  className?: string;
}

/**
 * A picture in a frame of fixed shape, so that nothing moves when it arrives. One that fails leaves its words on a
 * plain weave: by CSS alone, since an imported shop may have hundreds on a page.
 */
export function Picture({ src, alt, shape = 'portrait', eager = false, className = '' }: PictureProps) {
  return (
    <div className={`${styles.frame} ${className}`} data-shape={shape}>
      {src ? (
        // biome-ignore lint/performance/noImgElement: pictures are woven SVG or remote files; neither is ours to resize.
        <img
          src={src}
          alt={alt}
          decoding="async"
          loading={eager ? 'eager' : 'lazy'}
          fetchPriority={eager ? 'high' : 'auto'}
          referrerPolicy="no-referrer"
        />
      ) : null}
    </div>
  );
}
