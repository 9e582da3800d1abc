/** Pages with telephone numbers: a link to one has the operator's own phone rung, which then calls it; what came of it is said. */

const said = document.getElementById("tel-said");

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element && event.target.closest("a[href^='tel:']");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  said.textContent = "";
  const code = await dial(link.getAttribute("href").slice(4));
  said.textContent = code ? wordsOf(code) : said.dataset.done.replace("{who}", link.textContent);
  said.classList.toggle("bad", Boolean(code));
});

/** @returns {Promise<string|null>} the code of the refusal */
async function dial(number) {
  try {
    const answer = await fetch("/api/v1/calls/dial", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ number }),
      credentials: "same-origin",
    });
    return answer.ok ? null : ((await answer.json()).code ?? "server_error");
  } catch {
    return "server_error";
  }
}

const wordsOf = (code) => said.getAttribute(`data-${code.replaceAll("_", "-")}`) ?? said.getAttribute("data-server-error");
