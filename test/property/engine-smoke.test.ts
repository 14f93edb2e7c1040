import { World } from './support/world';
it('smoke', async () => {
  const world = new World();
  const d = world.directory;
  const agent = d.addAppRole({ displayName: 'Agent', value: 'agent' });
  const u = d.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
  const g = d.addGroup({ displayName: 'Sales' });
  d.addMember(g, u);
  d.assign(g, agent);
  const out = await world.round();
  console.log(out, JSON.stringify(world.snapshot(), null, 1), await world.counts(out.cycleId));
  const w = world.target.writeCount();
  const t = Date.now();
  const again = await world.round();
  console.log(again, world.target.writeCount() - w, Date.now() - t);
});
