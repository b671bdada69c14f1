export { refreshedVisit as GET } from './refreshed-visit';
