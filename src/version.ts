declare const __APP_VERSION__: string | undefined;

/** The version of the app, put in by the build. */
export const VERSION: string = typeof __APP_VERSION__ === 'string' ? __APP_VERSION__ : 'development';
