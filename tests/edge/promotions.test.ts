import { promotionSuite } from './promotions-suite';

promotionSuite('the embedded KV');
