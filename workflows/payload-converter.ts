/** How workflows read what they are sent. */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';

/**
 * Reads as the default one does; what that one cannot (another encoding chosen in the Temporal UI, text that is no JSON) is read as
 * JSON, else as text, so that it is refused with a message: an error here would fail the workflow's tasks for ever.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: <T>(payload: Payload): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch {
      return jsonOrText(decode(payload.data ?? new Uint8Array())) as T;
    }
  },
};

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
