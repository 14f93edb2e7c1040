/** Words from which the demo company is made. Nobody here is a real person. */
export const givenNames =
  'Ada Aiko Alejandro Amelie Amir Anders Ángela Anneke Aoife Arjun Astrid Beatriz Björn Bruno Camille Chidi Chloé Daniela David Deniz Diego Elena Elif Emma Enzo Fatima Felix Finn Florence Gabriel Greta Hannah Haruto Helena Ian Ines Isla Ivan Jana Jasper João José Jürgen Kaito Kateřina Kofi Lara Leila Léon Lina Łukasz Luna Maja Malik Mara Marie Mateo Maya Mei Mila Mira Mohammed Nadia Naoki Nia Nils Nora Noor Olga Olivia Omar Oskar Paula Pedro Priya Rania Ravi Renée Rosa Ruben Samir Sara Seán Selma Siri Sofia Søren Tariq Tess Theo Tomás Uma Vera Viktor Wanda Wei Yara Yusuf Zoë'.split(
    ' ',
  );

/** Family names, with the letters and marks that real directories hold. */
export const familyNames =
  "Abara Adler Ahlström Almeida Andersen Aoki Arslan Bauer Becker Beaumont Bennett Berg Bianchi Björklund Brandt Brennan Campos Castillo Chen Chevalier Clarke Costa Dąbrowski D'Angelo Das Dubois Eriksson Esposito Fernández Fischer Fournier Franke Fuchs García Gómez Grün Haas Hansen Hayashi Hernández Hoffmann Horváth Ibrahim Iversen Jansen Jiménez Kaya Keller Khan Klein Kovač Krüger Lambert Larsen Lefèvre Lehmann Lindqvist Lopes Marchetti Martin McAllister Mendes Meyer Mishra Moreau Müller Nakamura Ndiaye Neumann Nguyen Nowak O'Brien Okafor Olsen Özdemir Pappas Park Patel Pereira Peeters Petrov Quinn Ramírez Rao Richter Rossi Sánchez Sato Schäfer Schmidt Schwarz Silva Singh Smith-Jones Sørensen Suzuki Szabó Takeda Tan Thompson Torres Ueda van-Dijk Vogel Wagner Walsh Weber Weiß Wójcik Yamamoto Yılmaz Zhang Ziegler".split(
    ' ',
  );

/** An office: where people sit, and what follows from it. Phone numbers are those reserved for fiction. */
export interface Office {
  readonly name: string;
  readonly city: string;
  readonly country: string;
  readonly usageLocation: string;
  readonly language: string;
  readonly company: string;
  /** Telephone number ending in these three digits. */
  readonly phone: (digits: string) => string;
  /** Share of the staff. */
  readonly weight: number;
}

/**
 * Numbers kept free for film and literature: +1 206 555 01xx, +44 20 7946 0xxx (Ofcom), +49 30 23125 xxx (Bundesnetzagentur),
 * +33 1 99 00 xx xx (Arcep). https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
 */
export const offices: readonly Office[] = [
  {
    name: 'Berlin HQ',
    city: 'Berlin',
    country: 'Germany',
    usageLocation: 'DE',
    language: 'de-DE',
    company: 'Alpenglow GmbH',
    phone: (digits) => `+49 30 23125 ${digits}`,
    weight: 4,
  },
  {
    name: 'Seattle Pier 9',
    city: 'Seattle',
    country: 'United States',
    usageLocation: 'US',
    language: 'en-US',
    company: 'Alpenglow Inc.',
    phone: (digits) => `+1 206 555 01${digits.slice(1)}`,
    weight: 3,
  },
  {
    name: 'London Docks',
    city: 'London',
    country: 'United Kingdom',
    usageLocation: 'GB',
    language: 'en-GB',
    company: 'Alpenglow Ltd',
    phone: (digits) => `+44 20 7946 0${digits}`,
    weight: 2,
  },
  {
    name: 'Paris Canal',
    city: 'Paris',
    country: 'France',
    usageLocation: 'FR',
    language: 'fr-FR',
    company: 'Alpenglow SAS',
    phone: (digits) => `+33 1 99 00 0${digits.slice(0, 1)} ${digits.slice(1)}`,
    weight: 1,
  },
];

/** A department, its job titles and its share of the staff. Its first title is its head's. */
export interface Department {
  readonly name: string;
  readonly titles: readonly [string, ...string[]];
  readonly weight: number;
}

/** Departments whose group is assigned with the role User, and Customer Support, whose group is assigned with the role Agent. */
export const departments: readonly Department[] = [
  { name: 'Retail', titles: ['VP Retail', 'Store Manager', 'Sales Associate', 'Visual Merchandiser'], weight: 22 },
  { name: 'Logistics', titles: ['VP Logistics', 'Warehouse Lead', 'Dispatcher', 'Inventory Planner'], weight: 17 },
  { name: 'Engineering', titles: ['VP Engineering', 'Staff Engineer', 'Software Engineer', 'Test Engineer'], weight: 16 },
  { name: 'Sales', titles: ['VP Sales', 'Account Executive', 'Sales Development Representative', 'Partner Manager'], weight: 13 },
  { name: 'Marketing', titles: ['VP Marketing', 'Campaign Manager', 'Content Designer', 'Community Manager'], weight: 8 },
  { name: 'Product', titles: ['VP Product', 'Product Manager', 'User Researcher', 'Designer'], weight: 6 },
  { name: 'Finance', titles: ['Chief Accountant', 'Controller', 'Accounts Payable Specialist', 'Treasury Analyst'], weight: 5 },
  { name: 'People', titles: ['Head of People', 'Recruiter', 'Payroll Specialist', 'People Partner'], weight: 4 },
  { name: 'IT', titles: ['Head of IT', 'Systems Engineer', 'Service Desk Analyst', 'Identity Engineer'], weight: 3 },
  {
    name: 'Customer Support',
    titles: ['Head of Support', 'Support Specialist', 'Senior Support Specialist', 'Support Lead'],
    weight: 6,
  },
];
