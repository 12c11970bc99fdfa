document.querySelectorAll("th").forEach((head) => head.addEventListener("click", () => {
  const body = head.closest("table").tBodies[0], index = head.cellIndex, up = head.getAttribute("aria-sort") === "descending";
  const key = (row) => row.cells[index].textContent.replace(/,/g, "").replace("\u2212", "-");
  const number = (text) => text === "\u2013" ? -Infinity : Number(text);
  const rows = [...body.rows], words = rows.some((row) => Number.isNaN(number(key(row)))) || !head.classList.contains("n");
  rows.sort((a, b) => words ? key(a).localeCompare(key(b)) : number(key(a)) - number(key(b)));
  head.closest("tr").querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...(up ? rows : rows.reverse()));
}));
