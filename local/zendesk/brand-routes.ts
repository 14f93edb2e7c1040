import { json } from '../http-kit';
import { pageOf } from './paging';
import { userOf } from './route-kit';
import type { BrandRow } from './rows';
import type { Call, Route } from './world';

/** Brands, and which agents belong to them: https://developer.zendesk.com/api-reference/ticketing/account-configuration/brand_agents/ */
export function brandRoutes(route: Route): void {
  route('GET', '/api/v2/brands', 'agent', (call) =>
    json(
      200,
      pageOf(call, {
        key: 'brands',
        rows: [...call.world.state.brands.values()],
        present: (brand) => presentBrand(call, brand),
        idOf: ({ id }) => id,
      }),
    ),
  );
  route('GET', '/api/v2/users/{user_id}/brand_agents', 'admin', (call) => {
    const user = userOf(call);
    const rows = [...(call.world.state.brandsOf.get(user.id) ?? [])].sort((a, b) => a - b);
    return json(
      200,
      pageOf(call, { key: 'brand_agents', rows, present: (id) => presentBrandAgent(call, user.id, id), idOf: (id) => id }),
    );
  });
}

function presentBrand(call: Call, brand: BrandRow) {
  return { url: `${call.world.url()}/api/v2/brands/${brand.id}.json`, ...brand, active: true, is_deleted: false };
}

function presentBrandAgent(call: Call, userId: number, brandId: number) {
  const id = `${userId}-${brandId}`;
  const at = call.world.timestamp();
  return {
    url: `${call.world.url()}/api/v2/brand_agents/${id}.json`,
    id,
    user_id: userId,
    brand_id: brandId,
    created_at: at,
    updated_at: at,
  };
}
