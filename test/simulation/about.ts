import type { ObjectKey } from '../../src/ports/stored';
import type { Sim } from './play/sim';

/** Prints what the app has stored and logged of an object, for whoever looks into a violation. @param ending of its id */
export async function tellAbout(sim: Sim, ending: string): Promise<void> {
  for (const { type, id } of [...sim.entra.people.values(), ...sim.entra.teams.values()]) {
    if (!id.endsWith(ending)) continue;
    const key = { type, id } as ObjectKey;
    console.log('Entra', JSON.stringify(sim.entra.people.get(id) ?? sim.entra.teams.get(id)));
    console.log('assignments', JSON.stringify(sim.entra.assignmentsOf(id)), 'groups', sim.entra.groupsOf(id).join());
    console.log('row', JSON.stringify((await sim.stores.space.readObject(key))?.value));
    console.log('link', JSON.stringify((await sim.stores.links.read(key))?.value));
    console.log(
      'escrow',
      JSON.stringify(await sim.stores.escrows.read(key)),
      'staged',
      JSON.stringify(await sim.stores.staged.read(key)),
    );
    for (const entry of sim.told.entries) {
      if (entry.sourceIdentity.id !== id) continue;
      const { status, errorInformation } = entry.provisioningStatusInfo;
      const changes = entry.modifiedProperties.map((one) => `${one.displayName}: ${one.oldValue} → ${one.newValue}`).join(', ');
      const step = entry.provisioningSteps.at(-1);
      console.log(
        entry.activityDateTime,
        entry.cycleId.slice(-4),
        status,
        entry.provisioningAction,
        entry.skipReason ?? errorInformation?.reason ?? '',
        `[${changes}]`,
        step?.description,
      );
    }
    for (const effect of sim.watch.effects) {
      if (effect.owner === id)
        console.log(new Date(effect.atMs).toISOString(), 'EFFECT', effect.kind, effect.targetId, effect.context.title);
    }
  }
}
