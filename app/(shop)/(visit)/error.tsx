'use client';

export { Broken as default } from '../_frame/broken';
