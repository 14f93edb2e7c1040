import { compileDateFormat, type DateFormat } from '../../../src/core/expression/dotnet-date-format';

const now = new Date('2021-07-02T15:33:38Z');

function formatOf(text: string): DateFormat {
  const result = compileDateFormat(text);
  if (!result.ok) throw new Error(result.message);
  return result.format;
}

function rewritten(text: string, input: string, output: string): string | undefined {
  const instant = formatOf(input).read(text, now);
  return instant === undefined ? undefined : formatOf(output).write(instant);
}

describe('.NET date formats', () => {
  it.each([
    ['20150123105347.1Z', 'yyyyMMddHHmmss.fZ', 'yyyy-MM-dd', '2015-01-23'],
    ['2020-12-31-08:00', 'yyyy-MM-ddzzz', 'o', '2020-12-31T08:00:00.0000000Z'],
    ['12/31/2020 12:05:09 AM', 'M/d/yyyy hh:mm:ss tt', 's', '2020-12-31T00:05:09'],
    ['12/31/2020 12:05:09 PM', 'M/d/yyyy h:mm:ss tt', 'HH', '12'],
    ['1/2/2020', 'M/d/yyyy', 'dddd, d MMMM yyyy', 'Thursday, 2 January 2020'],
    ['Thu, 02 Jan 2020', 'ddd, dd MMM yyyy', 'yyyyMMdd', '20200102'],
    ['02-Feb-49', 'dd-MMM-yy', 'yyyy', '2049'],
    ['02-Feb-50', 'dd-MMM-yy', 'yyyy', '1950'],
    ['2020-01-02T03:04:05.1234567Z', 'O', 'fffffff', '1234567'],
    ['2020-01-02T03:04:05', "yyyy-MM-dd'T'HH:mm:ss", '%K', ''],
    ['2020-01-02T03:04:05Z', "yyyy-MM-dd'T'HH:mm:ssK", 'u', '2020-01-02 03:04:05Z'],
    ['2020-01-02 03:04:05', 'yyyy-MM-dd HH:mm:ss.FFF', 'ss.FFF', '05'],
    ['2020-01-02 03:04:05.5', 'yyyy-MM-dd HH:mm:ss.FFF', 'ss.FFF', '05.5'],
    ['13:45', 'HH:mm', 'yyyy-MM-dd HH:mm', '2021-07-02 13:45'],
    ['2020', 'yyyy', 'yyyy-MM-dd', '2020-01-01'],
    ['20200131', 'yyyyMMdd', 'd', '01/31/2020'],
    [' 2020-01-02 ', 'yyyy-MM-dd', "%d\\d'd'", '2dd'],
    ['5', '%d', '%d', '5'],
    ['2020-01-02', 'yyyy-MM-dd', 'zzz', '+00:00'],
  ])('%s by %s as %s is %s', (text, input, output, expected) => {
    expect(rewritten(text, input, output)).toBe(expected);
  });

  it.each([
    ['2020-02-30', 'yyyy-MM-dd'],
    ['2020-1-2', 'yyyy-MM-dd'],
    ['2020-01-02x', 'yyyy-MM-dd'],
    ['13:00 PM', 'hh:mm tt'],
    ['Fri, 02 Jan 2020', 'ddd, dd MMM yyyy'],
    ['25:00', 'HH:mm'],
    ['', 'yyyy'],
  ])('%s does not follow %s', (text, format) => {
    expect(formatOf(format).read(text, now)).toBeUndefined();
  });

  it.each(['', 'yyyy gg', 'x', 'U', 'yyyyyy', "yyyy'open", 'yyyy\\', '%', 'fffffffff'])('%j is refused at load', (format) => {
    expect(compileDateFormat(format).ok).toBe(false);
  });
});
