import { afterEach, describe, expect, it, vi } from 'vitest';
import { ShopNotice } from '@/node/import/shop';

afterEach(() => vi.useRealTimers());

describe('what the shop is told of an import', () => {
  it('is nothing where nothing changed', async () => {
    expect(await new ShopNotice({}).tell()).toBe('Nothing changed.');
  });

  it('is still known at the end, where the last change was told before', async () => {
    vi.useFakeTimers();
    const notice = new ShopNotice({});
    vi.advanceTimersByTime(5_000);
    await notice.note({ slugs: ['tweed'], variantIds: [] });
    expect(await notice.tell()).toBe('No shop answered; the change shows when its outbox is next swept.');
  });
});
