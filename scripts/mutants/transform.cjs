/** Jest's transformer of this repository, with one file replaced by a mutant of it: `MUTANT` holds `{file, text}` as JSON, or nothing. */
const { createTransformer } = require('@swc/jest');

module.exports = {
  createTransformer(options) {
    const swc = createTransformer(options);
    const textOf = (source, file) => {
      const mutant = process.env.MUTANT ? JSON.parse(process.env.MUTANT) : undefined;
      return mutant?.file === file ? mutant.text : source;
    };
    return {
      ...swc,
      process: (source, file, jest) => swc.process(textOf(source, file), file, jest),
      // The configuration differs by mutant (see worker.mjs), what becomes of a text does not.
      getCacheKey: (source, file, jest) => swc.getCacheKey(textOf(source, file), file, { ...jest, configString: '' }),
    };
  },
};
