/** What alerts are raised about, and who is told. */
import type { Receiver } from '../notification.ts';
import type { Budgets } from './budgets.ts';

export interface AlertSettings {
  readonly budgets: Budgets;
  /** Null: nobody; alerts raised meanwhile are delivered once there is a receiver. */
  readonly receiver: Receiver | null;
}
