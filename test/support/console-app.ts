import { HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import type { App } from '../../src/compose';
import { CONSOLE } from '../../src/console/functions';
import type { Handler } from '../../src/functions/http';

export const TENANT = '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f';
export const CLIENT = '9c0f4a52-5b1e-4d0c-8a55-3c1f7a0d9e11';

/** Settings with which people can sign in to the console. */
export const SIGNED_IN = { WEBSITE_AUTH_ENABLED: 'True', CONSOLE_CLIENT_ID: CLIENT } as const;

export interface TestPerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

export const READER: TestPerson = {
  id: '11111111-0000-4000-8000-000000000001',
  name: 'Rita Reader',
  roles: ['Provisioning.Read'],
};
export const OPERATOR: TestPerson = {
  id: '11111111-0000-4000-8000-000000000002',
  name: 'Olaf Operator',
  roles: ['Provisioning.Operate'],
};
export const APPROVER: TestPerson = {
  id: '11111111-0000-4000-8000-000000000003',
  name: 'Ada Approver',
  roles: ['Provisioning.Approve'],
};
export const APPROVER_2: TestPerson = {
  id: '11111111-0000-4000-8000-000000000004',
  name: 'Amir Approver',
  roles: ['Provisioning.Approve'],
};

/** The claims that the platform writes for a person. */
export const claimsOf = ({ id, name, roles }: TestPerson): { typ: string; val: string }[] => [
  { typ: 'aud', val: CLIENT },
  { typ: 'iss', val: `https://login.microsoftonline.com/${TENANT}/v2.0` },
  { typ: 'name', val: name },
  { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: id },
  { typ: 'http://schemas.microsoft.com/identity/claims/tenantid', val: TENANT },
  ...roles.map((val) => ({ typ: 'roles', val })),
];

export const headerOf = (claims: readonly { typ: string; val: string }[], authTyp = 'aad'): string =>
  Buffer.from(JSON.stringify({ auth_typ: authTyp, claims, name_typ: 'name', role_typ: 'roles' })).toString('base64');

export interface ConsoleResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A browser without a window: the console as a person sees it. */
export interface ConsoleVisitor {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<ConsoleResponse>;
  /** Sends a form as it is, with no token but what is given. */
  post(path: string, fields: Fields, headers?: Readonly<Record<string, string>>): Promise<ConsoleResponse>;
  /** Opens the page, fills in the first form of this act and sends it; follows to the result. */
  act(path: string, act: string, fields?: Fields): Promise<ConsoleResponse & { readonly location: string }>;
  /** A token as the page of this path has it in its forms. */
  token(path: string): Promise<string>;
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** The console of an app, as one function. */
export const consoleOf =
  (getApp: () => App): Handler =>
  (request, context) =>
    (request.method === 'GET' ? CONSOLE.console(getApp) : CONSOLE.consoleAct(getApp))(request, context);

/** Somebody at the console of an app. @param person undefined is nobody */
export function visit(getApp: () => App, person: TestPerson | undefined): ConsoleVisitor {
  const own: Record<string, string> = person ? { 'x-ms-client-principal': headerOf(claimsOf(person)) } : {};
  const send = async (method: 'GET' | 'POST', path: string, headers: Readonly<Record<string, string>>, body?: string) => {
    const request = new HttpRequest({
      method,
      url: new URL(path === '' ? '/api/console' : path.startsWith('/') ? path : `/api/console/${path}`, 'https://app.example')
        .href,
      headers: Object.fromEntries(
        Object.entries({ host: 'app.example', ...own, ...headers }).filter(([, value]) => value !== undefined),
      ),
      ...(body !== undefined && { body: { string: body } }),
    });
    const context = new InvocationContext({ invocationId: 'test', functionName: 'console', logHandler: () => undefined });
    return answered(await consoleOf(getApp)(request, context));
  };
  const self: ConsoleVisitor = {
    get: (path, headers = {}) => send('GET', path, headers),
    post: (path, fields, headers = {}) => {
      const all = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers };
      return send('POST', path, all, encode(fields));
    },
    async token(path) {
      const page = await self.get(path);
      const token = /name="token" value="([^"]+)"/.exec(page.body)?.[1];
      if (token === undefined) throw new Error(`${path} has no form (${page.status})`);
      return token;
    },
    async act(path, act, fields = {}) {
      const page = await self.get(path);
      const form = page.body.split('<form').find((one) => one.includes(`name="act" value="${act}"`));
      if (form === undefined) throw new Error(`${path} has no form ${act} (${page.status})`);
      const inside = form.split('</form>')[0] ?? '';
      const sent: Record<string, string | string[]> = {};
      for (const [, name = '', value = ''] of inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
        const plain = value
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&');
        const before = sent[name];
        sent[name] = before === undefined ? plain : [...[before].flat(), plain];
      }
      const result = await self.post(path.split('?')[0] ?? '', { ...sent, ...fields });
      const location = result.headers['location'] ?? '';
      if (result.status !== 303) return { ...result, location };
      return { ...(await self.get(location)), location };
    },
  };
  return self;
}

function encode(fields: Fields): string {
  const all = Object.entries(fields).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]));
  return new URLSearchParams(all).toString();
}

async function answered({ status = 200, headers, body }: HttpResponseInit): Promise<ConsoleResponse> {
  const text = body === undefined || body === null ? '' : await new Response(body as string).text();
  return { status, body: text, headers: headers as Record<string, string> };
}

/** The text of a page, without markup. */
export const textOf = ({ body }: Pick<ConsoleResponse, 'body'>): string =>
  body
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
