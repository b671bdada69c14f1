export { weave as GET } from '@/edge/weave/handler';
