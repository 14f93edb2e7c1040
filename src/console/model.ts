import type { HttpResponseInit } from '@azure/functions';
import type { Child } from 'hono/jsx';
import type { z } from 'zod';
import type { ConfiguredApp } from '../compose';
import type { Initiator } from '../engine/record/log-entry';
import type { Principal, Role } from '../functions/principal';

/** What a page is asked with: who asks, for which object, and what the app is. */
export interface Ask {
  readonly app: ConfiguredApp;
  readonly principal: Principal;
  /** The person, as the log names them. */
  readonly operator: Initiator;
  /** The parts of the path that the page's own path names with a colon. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly now: Date;
  /** Where the page is, from `/api/console` on, without a query. */
  readonly here: string;
  /** Whether whoever asks has this role. */
  can(role: Role): boolean;
  /** Carries out an act of another page as this person, for whom it was kept. @param here where that page is @param fields as they were sent */
  perform(here: string, act: string, fields: Readonly<Record<string, string | string[]>>): Promise<ActResult>;
  /** A fresh token for one form: against forged requests, and so that a form sent twice is carried out once. */
  token(): string;
}

/** What a page shows. */
export interface View {
  /** In place of the page's own title, where it is about one object. */
  readonly title?: string;
  readonly main: Child;
  /** Seconds after which what is marked `data-live` is fetched anew; undefined for a page that stands still. */
  readonly refreshSeconds?: number;
  /** Another page that is meant; then nothing is shown. */
  readonly redirect?: string;
  /** The status of the response; 200 unless told otherwise. */
  readonly status?: number;
}

/** How an act ended, in words for whoever has sent the form. */
export interface ActResult {
  /** `done`: it was carried out; `refused`: it was not, and nothing has changed. */
  readonly kind: 'done' | 'refused';
  readonly text: string;
  /** The page that shows the result, from `/api/console` on; the page of the form unless told otherwise. */
  readonly to?: string;
}

/** Something that a form of a page does. */
export interface Act<F extends z.ZodObject = z.ZodObject> {
  readonly role: Role;
  /** What the form sends besides what all forms send; anything else is refused. A field that is there once is a text, else a list. */
  readonly fields: F;
  /**
   * True for what takes access away or breaks pairs by the word of a person: with `TWO_PERSON_APPROVAL` it is carried out only when another
   * person approves it, and `summary` says to them what it is.
   */
  readonly takesTwo?: (fields: z.output<F>, ask: Ask) => boolean | Promise<boolean>;
  /** What is asked for, in a sentence for whoever has to approve it. */
  readonly summary?: (fields: z.output<F>) => string;
  run(ask: Ask, fields: z.output<F>): Promise<ActResult>;
}

/** One page of the console. */
export interface ConsolePage {
  /** Below `/api/console/`; `:name` stands for one part of the path. */
  readonly path: string;
  readonly title: string;
  /** Its place in the navigation; undefined for a page that others lead to. */
  readonly nav?: { readonly label: string; readonly order: number; readonly isShown?: (app: ConfiguredApp) => boolean };
  readonly role: Role;
  /** True for a page that is there also while the mappings in use cannot be read: `ask.app` then has those of the package. */
  readonly worksWithoutMappings?: true;
  show(ask: Ask): Promise<View>;
  /** By name. */
  readonly acts?: Readonly<Record<string, Act>>;
}

/** A file that a page offers. */
export interface ConsoleDownload {
  /** As of a page. */
  readonly path: string;
  readonly role: Role;
  send(ask: Ask): Promise<HttpResponseInit>;
}

/** Declares an act; its fields give `run` its types. */
export const defineAct = <F extends z.ZodObject>(act: Act<F>): Act => act as unknown as Act;

/** Where the console is. */
export const CONSOLE = '/api/console';

/** The address of a page. @param path from `/api/console` on, with or without a slash; its parts are encoded already */
export const addressOf = (path: string, query: Readonly<Record<string, string | undefined>> = {}): string => {
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : [])),
  ).toString();
  return `${CONSOLE}${path === '' ? '' : `/${path.replace(/^\/+/, '')}`}${search === '' ? '' : `?${search}`}`;
};

/** The address of the page of one object. */
export const addressOfObject = ({ type, id }: { readonly type: 'user' | 'group'; readonly id: string }): string =>
  addressOf(`people/${type}/${encodeURIComponent(id)}`);
