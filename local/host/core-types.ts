/**
 * The part of the module `@azure/functions-core` that this host imitates. The real worker makes that module up at run time, so it is
 * no package and brings no types.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker/blob/v4.x/types-core/index.d.ts
 */

/** Severity as the worker names it; `none` switches a category off in `host.json`. */
export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** A value on its way between host and worker; exactly one member is set. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

/** A map whose values may be empty, as the host sends it with the capability `UseNullableValueDictionaryForHttp`. */
export type NullableMap = Readonly<Record<string, { readonly value: string }>>;

/** A request to, or a response from, an HTTP function that does not stream. */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: NullableMap;
  readonly nullableParams?: NullableMap;
  readonly nullableQuery?: NullableMap;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TypedData | null;
  /** Responses only: decimal text. */
  readonly statusCode?: string;
  readonly cookies?: readonly HttpCookie[];
}

/** A cookie as the library hands it over; each value is wrapped so that "not given" can be told from empty. */
export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: { readonly value: string };
  readonly path?: { readonly value: string };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly maxAge?: { readonly value: number };
  readonly sameSite?: string | number;
}

/** One trigger, input or output of a function, as the app registered it. */
export interface BindingInfo {
  readonly type: string;
  readonly direction: 'in' | 'out';
  readonly [property: string]: unknown;
}

/** What the app tells about a function when it registers it. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: unknown;
}

/** The app's handler; the trigger value comes first, the context last. */
export type FunctionCallback = (...args: unknown[]) => unknown;

/** What the host asks of the worker for one invocation. */
export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: { readonly traceParent: string; readonly traceState: string };
}

/** Where an invocation is; the library warns about a log call that comes after it has ended. */
export type InvocationState = 'preInvocationHooks' | 'invocation' | 'postInvocationHooks';

/** What the worker gives the library for one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  state?: InvocationState | undefined;
  log(level: LogLevel, category: 'user' | 'system', message: string): void;
}

/** What an invocation gave back: the value of `$return` and of the other outputs. */
export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
}

/** The library's conversion between the worker's data and what a handler sees. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

/** `@azure/functions` as the worker knows it. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}

/** A hook of the app or the library; what the context holds depends on the hook. */
export type HookCallback = (context: Record<string, unknown>) => unknown;
