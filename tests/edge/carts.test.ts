import { cartSuite } from './carts-suite';

cartSuite('the embedded KV');
