// Keeps a part of the page fresh: fetches the same page again and takes the part over.
const part = document.querySelector("[data-live]");
if (part) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["live", "live-at"]) {
        const old = document.getElementById(id);
        const now = fresh.getElementById(id);
        if (old && now) old.innerHTML = now.innerHTML;
      }
    } catch {
      // The next round tries again.
    }
  }, 3000);
}
