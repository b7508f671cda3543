// Shows what the page is told of the flow, as its own code would hear it.

const told = document.querySelector(".told");
const shown = (key, value) => (key === "token" && value ? value.slice(0, 16) + "…" : value);

for (const type of ["farewell:retained", "farewell:cancelled", "farewell:complete"]) {
  document.addEventListener(type, ({ detail }) => {
    told.hidden = false;
    told.querySelector("pre").append(`${type} ${JSON.stringify(detail, shown, 2)}\n`);
  });
}
