import { randomBytes } from 'node:crypto';
import { GraphError } from './graph-error';

/** Listings that can be continued; old ones are forgotten, as a real page token expires. */
const KEPT = 500;

/** Opaque `$skiptoken`s of ordinary lists: a token names what the listing held when it began. */
export class Cursors<T> {
  private readonly cursors = new Map<string, { path: string; value: T }>();

  /** A new token for a listing of this path. */
  issue(path: string, value: T): string {
    const token = randomBytes(30).toString('base64url');
    this.cursors.set(token, { path, value });
    for (const oldest of this.cursors.keys()) {
      if (this.cursors.size <= KEPT) break;
      this.cursors.delete(oldest);
    }
    return token;
  }

  /** What a token stands for. The same token may be used again. @throws GraphError when it is unknown or of another path. */
  resolve(path: string, token: string): T {
    const cursor = this.cursors.get(token);
    if (cursor !== undefined && cursor.path === path) return cursor.value;
    const message = 'The specified page token value has expired and can no longer be included in your request.';
    throw new GraphError(400, 'Directory_ExpiredPageToken', message);
  }
}
