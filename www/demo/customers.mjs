// The merchant's own customers. A real shop has them in its database; what Farewell and the merchant share is the id that
// billing knows a customer by.

/** @typedef {{ id: string, name: string, billingId: string, locale?: string }} Customer */

/** @type {Customer[]} */
export const customers = [
  { id: "user_1", name: "Ada Bright", billingId: "cus_ada" },
  { id: "user_2", name: "Ben Ortiz", billingId: "cus_ben" },
  { id: "user_3", name: "Chloe Martin", billingId: "cus_chloe" },
  { id: "user_4", name: "Daiki Mori", billingId: "cus_daiki" },
  { id: "user_5", name: "Emma Lind", billingId: "cus_emma" },
  { id: "user_6", name: "Femi Adeyemi", billingId: "cus_femi" },
  { id: "user_7", name: "Greta Vogel", billingId: "cus_greta", locale: "de" },
  { id: "user_8", name: "Hugo Petit", billingId: "cus_hugo", locale: "fr" },
  { id: "user_9", name: "Inés Romero", billingId: "cus_ines", locale: "es" },
  { id: "user_10", name: "Layla Hadi", billingId: "cus_layla", locale: "ar" },
];

/** Who is logged in. In the demo that is whoever was picked last; nobody types a password. */
export function loggedIn(request) {
  const cookie = /(?:^|;\s*)customer=([^;]*)/.exec(request.headers.cookie ?? "");
  return find(cookie?.[1]) ?? customers[0];
}

export function find(id) {
  return customers.find((customer) => customer.id === id);
}
