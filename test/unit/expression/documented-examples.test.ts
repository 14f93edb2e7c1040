import type { SourceValue, Value } from '../../../src/core/expression/values';
import { outcome, problemsOf, resultOf } from './a-context';

// Every example of https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data, in its order.
type Example = readonly [expression: string, attributes: Record<string, SourceValue>, printed: Value];

const hire = { StatusHireDate: '2012-03-16-07:00' };
const john = { PreferredFirstName: 'John', PreferredLastName: 'Smith' };
const phonePattern = String.raw`"\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})"`;
const switchOnActive = `Switch([Active], ,
  "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"),
  "0", "False")`;
const alias = `IIF(Len([LastName]) <= 5,

  Left(Join ("",[LastName],[FirstName]),10),
  Join("", Mid([LastName],1,9), Mid([FirstName],1,1))

)`;
const proxyAddresses = `Split(
    Join(",",
        Append("smtp:", Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.onmicrosoft.com")),
        Append("SMTP:", Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com"))
    ),
    ","
)`;

const examples: readonly Example[] = [
  ['Append([userPrincipalName], ".test")', { userPrincipalName: 'John.Doe@contoso.com' }, 'John.Doe@contoso.com.test'],
  ['BitAnd(&HF, &HF7)', {}, '7'],
  ['CBool([attribute1] = [attribute2])', { attribute1: 'a', attribute2: 'a' }, 'True'],
  ['CBool([attribute1] = [attribute2])', { attribute1: 'a', attribute2: 'A' }, 'False'],
  ['CDate([StatusHireDate])', { StatusHireDate: '2020-03-16-07:00' }, '3/16/2020 7:00:00 AM'],
  ['CDate("2021-06-30+08:00")', {}, '6/29/2021 4:00:00 PM'],
  ['CDate("2009-06-15T01:45:30-07:00")', {}, '6/15/2009 8:45:30 AM'],
  ['Coalesce([mail],[userPrincipalName])', { mail: null, userPrincipalName: 'John.Doe@contoso.com' }, 'John.Doe@contoso.com'],
  ['ConvertToBase64("Hello world!")', {}, 'SABlAGwAbABvACAAdwBvAHIAbABkACEA'],
  ['ConvertToUTF8Hex("Hello world!")', {}, '48656C6C6F20776F726C6421'],
  ['CStr([dn])', { dn: 'cn=Joe,dc=contoso,dc=com' }, 'cn=Joe,dc=contoso,dc=com'],
  ['DateAdd("d", 7, CDate([StatusHireDate]))', hire, '3/23/2012 7:00:00 AM'],
  ['DateAdd("d", -10, CDate([StatusHireDate]))', hire, '3/6/2012 7:00:00 AM'],
  ['DateAdd("ww", 2, CDate([StatusHireDate]))', hire, '3/30/2012 7:00:00 AM'],
  ['DateAdd("m", 10, CDate([StatusHireDate]))', hire, '1/16/2013 7:00:00 AM'],
  ['DateAdd("yyyy", 2, CDate([StatusHireDate]))', hire, '3/16/2014 7:00:00 AM'],
  ['DateDiff("d", "2021-08-18+08:00", "2021-08-31+08:00")', {}, '13'],
  ['DateDiff("d", "8/25/2021 5:41:18 PM", CDate("2012-03-16-07:00"))', {}, '-3449'],
  ['DateDiff("ww", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', {}, '-493'],
  ['DateDiff("m", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', {}, '-113'],
  ['DateDiff("yyyy", "8/25/2021 5:41:18 PM", "2012-03-16-07:00")', {}, '-9'],
  ['DateDiff("d", "2021-08-31+08:00", "2021-08-31+08:00")', {}, '0'],
  ['DateDiff("h", "2021-08-24", "2021-08-25")', {}, '24'],
  ['DateDiff("n", "2021-08-24", "2021-08-25")', {}, '1440'],
  ['DateDiff("s", "2021-08-24", "2021-08-25")', {}, '86400'],
  [switchOnActive, { Active: '1', StatusHireDate: '2021-07-20' }, 'False'],
  [switchOnActive, { Active: true, StatusHireDate: '2021-07-20' }, null],
  [switchOnActive, { Active: '1', StatusHireDate: '2021-07-03' }, 'True'],
  [switchOnActive, { Active: '0', StatusHireDate: '2021-07-03' }, 'False'],
  ['DateFromNum([lastLogonTimestamp])', { lastLogonTimestamp: '129699324000000000' }, '1/1/2012 11:00:00 PM'],
  ['DateFromNum(129699324000000000)', {}, '1/1/2012 11:00:00 PM'],
  [
    'FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
    { extensionAttribute1: '20150123105347.1Z' },
    '2015-01-23',
  ],
  ['Guid()', {}, '00aa00aa-bb11-cc22-dd33-44ee44ee44ee'],
  ['IgnoreFlowIfNullOrEmpty([department])', { department: 'Sales' }, 'Sales'],
  [
    'IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))',
    { prefix: '3444' },
    'Prof.',
  ],
  ['IgnoreFlowIfNullOrEmpty(IIF([country]="USA",[region],""))', { country: 'USA', region: 'West' }, 'West'],
  ['IIF([country]="USA",[country],[department])', { country: 'USA', department: 'Sales' }, 'USA'],
  ['IIF([country]="USA",[country],[department])', { country: 'usa', department: 'Sales' }, 'Sales'],
  ['IIF([country]="USA",IIF([state]="CA","True","False"),"False")', { country: 'USA', state: 'CA' }, 'True'],
  ['IIF([country]="USA","True",IIF([state]="CA","True","False"))', { country: 'FR', state: 'NV' }, 'False'],
  // "Unsupported" in Entra, null-safe here.
  ['IIF([country]="","Other",[country])', {}, 'Other'],
  ['IIF(IsNullOrEmpty([country]),"Other",[country])', { country: 'FR' }, 'FR'],
  ['IIF(IsPresent([country]),[country],"Other")', {}, 'Other'],
  ['Switch([country],[country],"","Other")', {}, 'Other'],
  ['Switch([country],[country],"","Other")', { country: 'FR' }, 'FR'],
  ['InStr("The quick brown fox","quick")', {}, '5'],
  ['InStr("repEated","e",3,vbBinaryCompare)', {}, '7'],
  ['IsNull([displayName])', {}, 'True'],
  ['IsNullOrEmpty([displayName])', { displayName: '' }, 'True'],
  ['IsPresent([directManager])', { directManager: 'x' }, 'True'],
  [
    'Switch(IsPresent([directManager]),[directManager], IsPresent([skiplevelManager]),[skiplevelManager], IsPresent([director]),[director])',
    { directManager: 'd', skiplevelManager: 's' },
    's',
  ],
  ['Item([proxyAddresses], 1)', { proxyAddresses: ['a', 'b'] }, 'a'],
  ['Left("John Doe", 3)', {}, 'Joh'],
  ['Len("John Doe")', {}, '8'],
  ['Len(42568)', {}, '5'],
  ['Len(42568.75)', {}, '8'],
  [alias, { FirstName: 'John', LastName: 'Smith' }, 'SmithJohn'],
  [alias, { FirstName: 'John', LastName: 'Parker' }, 'ParkerJ'],
  ['NormalizeDiacritics([givenName])', { givenName: 'Zoë' }, 'Zoe'],
  ['Now()', {}, '7/2/2021 3:33:38 PM'],
  [
    'NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))',
    { ContractEndDate: '2020-12-31-08:00' },
    '132539615990000000',
  ],
  [
    'NumFromDate(Join("",FormatDateTime([endDate], ,"M/d/yyyy hh:mm:ss tt","yyyy-MM-dd")," 23:59:59-08:00"))',
    { endDate: '12/31/2020 12:00:00 AM' },
    '132539615990000000',
  ],
  ['PCase([firstName])', { firstName: 'PABLO GONSALVES (SECOND)' }, 'Pablo Gonsalves (Second)'],
  [`PCase([lastName]," '-")`, { lastName: "PINTO-DE'SILVA" }, "Pinto-De'Silva"],
  ['PCase(Join(" ",[firstName],[lastName]))', { firstName: 'GREGORY', lastName: 'JAMES' }, 'Gregory James'],
  ['Redact([userPrincipalName])', { userPrincipalName: 'a@b' }, 'a@b'],
  ['Redact("StringToBeRedacted")', {}, 'StringToBeRedacted'],
  ['RemoveDuplicates([proxyAddresses])', { proxyAddresses: ['a', 'b', 'a'] }, ['a', 'b']],
  [
    'Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )',
    { BusinessTitle: 'Product Developer' },
    'Software Engineer',
  ],
  ['Replace([UserID],"<username>", , , , , "<username>@contoso.com")', { UserID: 'jsmith' }, 'jsmith@contoso.com'],
  [`Replace([telephoneNumber], , ${phonePattern}, , "\${phoneNumber}", , )`, { telephoneNumber: '+91 9998887777' }, '9998887777'],
  [String.raw`Replace([mobile], , "[()\\s-]+", , "", , )`, { mobile: '+1 (999) 888-7777' }, '+19998887777'],
  [
    String.raw`Replace([AddressLineData], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )`,
    { AddressLineData: '545 Tremont Street' },
    '888 Tremont Street',
  ],
  ['Replace([userPrincipalName], , "(?<Suffix>@(.)*)", "Suffix", "", , )', { userPrincipalName: 'jsmith@contoso.com' }, 'jsmith'],
  [
    `Replace([telephoneNumber], , ${phonePattern}, "phoneNumber" , , [mobile], )`,
    { telephoneNumber: '', mobile: '+91 8887779999' },
    '8887779999',
  ],
  ['Replace([mailNickname], , "[a-zA-Z_]*", , "", , )', { mailNickname: 'john_doe72' }, '72'],
  [
    'Split([extensionAttribute5], ",")',
    { extensionAttribute5: 'PermissionSetOne, PermissionSetTwo' },
    ['PermissionSetOne', 'PermissionSetTwo'],
  ],
  ['Switch(ToLower([statusFlag]), "0", "true", "1", "false", "0")', { statusFlag: 'TRUE' }, '1'],
  ['Switch([statusFlag], "Default Value", "true", "1", "", "0")', {}, '0'],
  ['IIF([companyName] = "Company A", "A", IIF([companyName] = "Company B", "B", "External"))', { companyName: 'Company B' }, 'B'],
  [
    'Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")',
    { state: 'QLD' },
    'Australia/Brisbane',
  ],
  [
    'ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".",  [PreferredFirstName], [PreferredLastName]))), "contoso.com"))',
    john,
    'john.smith@contoso.com',
  ],
  ['Word("The quick brown fox",3," ")', {}, 'brown'],
  ['Word("This,string!has&many separators",3,",!&#")', {}, 'has'],
  ['Replace([mail], "@contoso.com", , ,"", ,)', { mail: 'john.doe@contoso.com' }, 'john.doe'],
  ['Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))', { givenName: 'John', surname: 'Doe' }, 'JohDoe'],
  ['Join(", ", "", [surname], [givenName])', { givenName: 'John', surname: 'Doe' }, 'Doe, John'],
  // The page prints this result beside another object id; it belongs to this one.
  [
    'Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))',
    { objectId: 'd05e47b1-3909-445a-ba5e-ca60cbc0e4b4' },
    '100064303565343762312333930392343435612626135652636136306362633065346234',
  ],
  [
    'Append("SMTP:", Join("@", Join(".", [givenName], [surname]), "contoso.com"))',
    { givenName: 'John', surname: 'Doe' },
    'SMTP:John.Doe@contoso.com',
  ],
  [proxyAddresses, { givenName: 'John', surname: 'Doe' }, ['smtp:John.Doe@contoso.onmicrosoft.com', 'SMTP:John.Doe@contoso.com']],
];

describe('the documented examples', () => {
  it.each(examples)('%s with %j is %j', (expression, attributes, printed) => {
    expect(resultOf(expression, attributes)).toEqual(printed);
  });

  it('drops the flow of a null or empty attribute', () => {
    expect(outcome('IgnoreFlowIfNullOrEmpty([department])')).toEqual({ kind: 'dropped' });
    const prefix = 'IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof.", "3445", "Prof. Dr."))';
    expect(outcome(prefix, { prefix: '9' })).toEqual({ kind: 'dropped' });
  });

  it('refuses what the page calls unsupported because it has no meaning', () => {
    expect(problemsOf('IIF(IgnoreFlowIfNullOrEmpty([country]),[country],"Other")')[0]).toContain('is not a condition');
    expect(problemsOf('switch([companyName], "External", "Company A", "A")')[0]).toContain('did you mean `Switch`?');
  });

  it('RandomString(6,3,0,0,3) has 3 numbers and 3 lower case characters', () => {
    const text = String(resultOf('RandomString(6,3,0,0,3)'));
    expect([...text].sort().join('')).toMatch(/^[0-9]{3}[a-z]{3}$/);
  });

  it('RandomString(10,2,2,2,1,"?,") has at least as many of each kind and avoids two characters', () => {
    const text = String(resultOf('RandomString(10,2,2,2,1,"?,")'));
    expect(text).toHaveLength(10);
    expect(text.match(/[0-9]/g)?.length).toBeGreaterThanOrEqual(2);
    expect(text.match(/[A-Z]/g)?.length).toBeGreaterThanOrEqual(2);
    expect(text.match(/[a-z]/g)?.length).toBeGreaterThanOrEqual(1);
    expect(text.match(/[^A-Za-z0-9]/g)?.length).toBeGreaterThanOrEqual(2);
    expect(text).not.toMatch(/[?,]/);
  });

  it('SelectUniqueValue takes the first value that is free', () => {
    const expression = `
    SelectUniqueValue(
        Join("@", NormalizeDiacritics(StripSpaces(Join(".",  [PreferredFirstName], [PreferredLastName]))), "contoso.com"),
        Join("@", NormalizeDiacritics(StripSpaces(Join(".",  Mid([PreferredFirstName], 1, 1), [PreferredLastName]))), "contoso.com"),
        Join("@", NormalizeDiacritics(StripSpaces(Join(".",  Mid([PreferredFirstName], 1, 2), [PreferredLastName]))), "contoso.com")
    )`;
    const given = (...taken: string[]) =>
      outcome(expression, john, { isUniqueInTarget: (candidate) => !taken.includes(candidate) });
    const all = ['John.Smith@contoso.com', 'J.Smith@contoso.com', 'Jo.Smith@contoso.com'];
    expect(given()).toMatchObject({ value: all[0] });
    expect(given(...all.slice(0, 1))).toMatchObject({ value: all[1] });
    expect(given(...all.slice(0, 2))).toMatchObject({ value: all[2] });
    expect(given(...all)).toMatchObject({ kind: 'failed', message: expect.stringContaining('all 3 candidates') });
  });

  // The table of NormalizeDiacritics, letter by letter.
  it.each([
    ['ä, à, â, ã, å, á, ą, ă, ā, ā́, ā̀, ā̂, ā̃, ǟ, ā̈, ǡ, a̱, å̄', 'a'],
    ['æ, ǣ', 'ae'],
    ['ç, č, ć, c̄, c̱', 'c'],
    ['ď, d̄, ḏ', 'd'],
    ['ë, è, é, ê, ę, ě, ė, ē, ḗ, ḕ, ē̂, ē̃, ê̄, e̱, ë̄, e̊̄', 'e'],
    ['ğ, ḡ, g̱', 'g'],
    ['ï, î, ì, í, ı, ī, ī́, ī̀, ī̂, ī̃, i̱', 'i'],
    ['İ', 'I'],
    ['ľ, ł, l̄, ḹ, ḻ', 'l'],
    ['ñ, ń, ň, n̄, ṉ', 'n'],
    ['ö, ò, ő, õ, ô, ó, ō, ṓ, ṑ, ō̂, ō̃, ȫ, ō̈, ǭ, ȭ, ȱ, o̱', 'o'],
    ['ø, ø̄, œ̄', 'oe'],
    ['Ø, Ø̄, Œ̄', 'OE'],
    ['ř, r̄, ṟ, ṝ', 'r'],
    ['ß', 'ss'],
    ['š, ś, ș, ş, s̄, s̱', 's'],
    ['ť, ț, t̄, ṯ', 't'],
    ['ü, ù, û, ú, ů, ű, ū, ū́, ū̀, ū̂, ū̃, u̇̄, ǖ, ṻ, ṳ̄, u̱', 'u'],
    ['ÿ, ý, ȳ, ȳ́, ȳ̀, ȳ̃, y̱', 'y'],
    ['ź, ž, ż, z̄, ẕ', 'z'],
  ])('NormalizeDiacritics makes each of %s to %s', (letters, plain) => {
    for (const letter of letters.split(', ')) expect(resultOf('NormalizeDiacritics([x])', { x: letter })).toBe(plain);
  });
});
