import type { App } from '../compose';

/** The app for what does without mappings: also where only a stored version of those cannot be used. */
export const beyondMappings = (app: App): App => (app.kind === 'notConfigured' ? (app.withoutMappings ?? app) : app);
