/** Every page of the panel, with what it takes to see it; its name is `pages.<name>`. The command palette opens them. */

export const PAGES = [
  { name: "map", href: "/map", may: "orders.see" },
  { name: "dispatch", href: "/dispatch", may: "orders.see" },
  { name: "customer_new", href: "/customers/new", may: "customers.edit" },
  { name: "segments", href: "/segments", may: "customers.see" },
  { name: "articles", href: "/articles", may: "articles.read" },
  { name: "drivers", href: "/drivers", may: "drivers.see" },
  { name: "analysis", href: "/analysis", may: "money.see" },
  { name: "money", href: "/money", may: "money.see" },
  { name: "money_drivers", href: "/money/drivers", may: "money.see" },
  { name: "money_batches", href: "/money/batches", may: "money.see" },
  { name: "money_rows", href: "/money/rows", may: "money.see" },
  { name: "money_credit", href: "/money/credit", may: "money.see" },
  { name: "money_fees", href: "/money/fees", may: "money.see" },
  { name: "money_tariff", href: "/money/tariff", may: "money.see" },
  { name: "money_appeals", href: "/money/appeals", may: "money.see" },
  { name: "texts_inbox", href: "/texts/inbox", may: "messages.see" },
  { name: "texts", href: "/texts", may: "texts.send" },
  { name: "texts_sent", href: "/texts/sent", may: "messages.see" },
  { name: "import", href: "/import", may: "people.import" },
  { name: "second_factor", href: "/second-factor", may: "own.session" },
];
