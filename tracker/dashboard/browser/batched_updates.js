// Applies the updates of many widgets that came in one message, each as if it had come in its own.

/** @import {Manager, Update, WidgetModel} from "./types.d.ts" */

/**
 * Return a function that applies updates with the buffers of them all, one after the other: that a widget has new
 * children, for example, only after these have their style classes.
 * @param {Manager} manager
 */
export function updatesReceiver(manager) {
  let earlier = Promise.resolve();
  return (/** @type {Update[]} */ updates, /** @type {DataView[]} */ buffers) => {
    earlier = earlier.then(() => applyAll(manager, updates, buffers));
  };
}

/**
 * @param {Manager} manager
 * @param {Update[]} updates
 * @param {DataView[]} buffers
 */
async function applyAll(manager, updates, buffers) {
  let used = 0;
  for (const [id, data, count] of updates) {
    const own = buffers.slice(used, used + count);
    used += count;
    if (!manager.has_model(id)) continue; // another page's
    try {
      const model = /** @type {WidgetModel} */ (await manager.get_model(id));
      // The way that a message of the model's own takes.
      await model._handle_comm_msg({ content: { data }, buffers: own });
    } catch (error) {
      console.error("An update of a widget could not be applied.", error);
    }
  }
}
