"use strict";
/* Elements from values. Text is only ever set as text, so nothing from a bundle becomes markup. */
const Dom = (() => {
  function h(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
      else if (key === "style") for (const [property, set] of Object.entries(value)) element.style.setProperty(property, set);
      else if (key === "text") element.textContent = value;
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  const byId = (id) => document.getElementById(id);
  const button = (label, listener, attributes) => h("button", { type: "button", on: { click: listener }, ...attributes }, label);
  const code = (text) => h("code", {}, text);

  return { h, byId, button, code };
})();
