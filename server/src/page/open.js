// Reads the session id from the address, takes it out of there, and sends it as a form: it must not stay in the
// history, and must not be in a request's address.
const id = location.hash.replace(/^#(session=)?/, "");
history.replaceState(null, "", location.pathname);
const form = document.querySelector("form");
if (id && form) {
  form.elements.session.value = id;
  form.submit();
} else {
  document.querySelector("[data-empty]").hidden = false;
  document.querySelector("[data-opening]").hidden = true;
}
