import { fenceSuite } from './snapshot-fence-suite';

fenceSuite('the embedded KV');
