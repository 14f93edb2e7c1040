import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { absolute } from '../core/time-words';
import type { Principal } from '../functions/principal';
import { clip } from '../html';
import { VERSION } from '../version';
import { Foreign } from './components/text';
import { addressOf } from './model';
import { SCRIPT } from './script';
import { STYLE } from './style';

/** A place in the navigation. */
export interface NavItem {
  readonly label: string;
  readonly path: string;
}

interface LayoutProps {
  readonly title: string;
  /** Which Zendesk account the app serves; undefined while that is not known. */
  readonly account?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly nav?: readonly NavItem[];
  /** Path of the item that the page belongs to. */
  readonly current?: string | undefined;
  readonly refreshSeconds?: number | undefined;
  readonly now: Date;
  readonly children?: Child;
}

const LOGOUT = `/.auth/logout?post_logout_redirect_uri=${encodeURIComponent(addressOf(''))}`;

/** What all pages share: landmarks, navigation, the style sheet and the script. */
export const Layout = ({ title, account, principal, nav = [], current, refreshSeconds, now, children }: LayoutProps) => (
  <html lang="en" data-refresh={refreshSeconds}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>{`${clip(title, 120)} – Zendesk provisioning${account === undefined ? '' : ` ${account}`}`}</title>
      {refreshSeconds !== undefined && (
        <noscript>
          <meta http-equiv="refresh" content={String(Math.max(30, refreshSeconds * 2))} />
        </noscript>
      )}
      <style>{raw(STYLE)}</style>
    </head>
    <body>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <div class="bar">
          <p class="brand">Zendesk provisioning</p>
          {account !== undefined && <p>{account}.zendesk.com</p>}
          {principal && (
            <p class="who">
              <Foreign text={principal.name} max={60} /> · {principal.role ?? 'no role'} · <a href={LOGOUT}>Sign out</a>
            </p>
          )}
        </div>
        {nav.length > 0 && (
          <nav class="main" aria-label="Console">
            <ul>
              {nav.map(({ label, path }) => (
                <li>
                  <a href={addressOf(path)} aria-current={path === current ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
      </header>
      <p class="hidden" role="status" aria-live="polite" id="say"></p>
      <main id="main" tabindex={-1}>
        <h1>
          <Foreign text={title} max={160} />
        </h1>
        {refreshSeconds !== undefined && (
          <p class="notice warn" role="alert" id="stale" hidden>
            This page could not be refreshed: it shows how things were. Reload it; you may have to sign in again.
          </p>
        )}
        {children}
      </main>
      <footer>
        Version {VERSION}. Times are UTC; page written at {absolute(now.toISOString(), now)}.
      </footer>
      <script>{raw(SCRIPT)}</script>
    </body>
  </html>
);
