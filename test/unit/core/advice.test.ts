import { RECOMMENDED_ACTION, withAdvice } from '../../../src/core/advice';

test.each([
  ['Links holds a row of version 2', 'Links holds a row of version 2. '],
  ['Graph did not answer.', 'Graph did not answer. '],
])('withAdvice › %s › two sentences', (message, begin) => {
  expect(withAdvice({ code: 'PROV_STATE_UNAVAILABLE', message })).toBe(`${begin}${RECOMMENDED_ACTION.PROV_STATE_UNAVAILABLE}`);
});
