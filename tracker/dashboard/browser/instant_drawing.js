// Has bqplot draw at once. Even with a duration of 0 it draws by transitions of d3: each waits for a timer, searches the
// old and the new path for numbers between which it could move, and reads computed styles, which lays the page out.
// A step of a zoom has hundreds of them, which took four fifths of the time of its scripts.

/** @import {Chart} from "./types.d.ts" */

const OURS = ".bt-charts"; // in JupyterLab, other notebooks' figures share bqplot, which may be animated
/** The methods of a transition that a selection lacks; without time that passes, they change nothing. */
const OF_TRANSITIONS = ["delay", "duration", "ease"];

let isDone = false; // for the d3 of bqplot, which all its views share

/**
 * Let each transition of a selection in the charts be the selection itself, once one of *charts* has a view.
 * @param {Chart[]} charts
 */
export async function drawAtOnce(charts) {
  if (isDone) return;
  for (const mark of charts.flatMap(({ series }) => series.flatMap(({ lines }) => lines))) {
    for (const view of Object.values(mark.views ?? {})) {
      const selection = Object.getPrototypeOf((await view).d3el);
      if (!isDone) replaceTransitions(selection);
      isDone = true;
      return;
    }
  }
}

/** @param {any} selection the prototype of all selections */
function replaceTransitions(selection) {
  const { transition } = selection;
  selection.transition = function (/** @type {unknown[]} */ ...options) {
    return this.node()?.closest(OURS) ? this : transition.apply(this, options);
  };
  for (const name of OF_TRANSITIONS) {
    selection[name] = function () {
      return this;
    };
  }
}
