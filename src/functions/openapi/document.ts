import { VERSION } from '../../version';
import { type Json, operationOf, type RouteDoc } from './route';
import { JOB_ROUTES } from './routes-job';
import { LOG_ROUTES } from './routes-logs';
import { PLAN_ROUTES } from './routes-plan';
import { SCHEMA_ROUTES } from './routes-schema';
import { STATUS_ROUTES } from './routes-status';
import { SCHEMAS } from './schemas';

/** Every HTTP function of the app; a test holds it against what `main.ts` registers. */
export const ROUTES: readonly RouteDoc[] = [...STATUS_ROUTES, ...LOG_ROUTES, ...PLAN_ROUTES, ...JOB_ROUTES, ...SCHEMA_ROUTES];

const DESCRIPTION =
  'Keeps the users and groups of a Zendesk account equal to what an Entra ID enterprise application says. ' +
  'Errors are RFC 9457 problems with a stable `code`. Where Microsoft Graph has a resource for the same thing, the body has its shape.';

/** The OpenAPI 3.1 document of the app. @see https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const path = `/api/${route.route}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zendesk provisioning for Microsoft Entra ID',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ functionKey: [] }, { functionKeyInAddress: [] }],
    paths,
    components: {
      securitySchemes: {
        functionKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'The key of the function, or of the app.',
        },
        functionKeyInAddress: {
          type: 'apiKey',
          in: 'query',
          name: 'code',
          description: 'The same in the address. Addresses are logged on their way: prefer the header.',
        },
      },
      schemas: SCHEMAS,
    },
  };
}
