// The part of the page to try things in.

const told = document.querySelector(".told");
const shown = (key, value) => (key === "token" && value ? value.slice(0, 16) + "…" : value);

// What the page is told of the flow, as a merchant's own code hears it.
for (const type of ["farewell:retained", "farewell:cancelled", "farewell:complete"]) {
  document.addEventListener(type, ({ detail }) => {
    told.hidden = false;
    told.querySelector("pre").append(`${type} ${JSON.stringify(detail, shown, 2)}\n`);
  });
}

// Where the server is known by another address than the one it was asked at, it would take this page for a stranger's.
const elsewhere = document.querySelector(".elsewhere");
if (elsewhere.querySelector("a").origin !== location.origin) {
  elsewhere.hidden = false;
  document.querySelector("#cancel").hidden = true;
}
