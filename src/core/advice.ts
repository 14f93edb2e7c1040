import type { ErrorCode } from './errors';

/** What a person does about an error, in one sentence; the same for every object. `docs/errors.md` says more. */
export const RECOMMENDED_ACTION: Readonly<Record<ErrorCode, string>> = {
  PROV_CONFIG_INVALID:
    'Correct the settings that the message or the status names; other systems are taken over by a restart with resetScope Full.',
  PROV_SOURCE_UNAUTHORIZED: "Grant the app's managed identity the Graph permissions that Test Connection lists as missing.",
  PROV_TARGET_UNAUTHORIZED: 'Check the Zendesk credential with Test Connection; its user must be an active admin.',
  PROV_SOURCE_THROTTLED: 'Nothing: Graph asked to wait, and the work goes on by itself.',
  PROV_TARGET_THROTTLED: 'Nothing: Zendesk asked to wait, and the work goes on by itself.',
  PROV_SOURCE_UNAVAILABLE: 'Nothing at first: the next cycle tries again. If it lasts, look at the health of Microsoft Graph.',
  PROV_TARGET_UNAVAILABLE: 'Nothing at first: the next cycle tries again. If it lasts, look at the status page of Zendesk.',
  PROV_WATERMARK_EXPIRED: 'Nothing: an initial cycle starts by itself and links stay.',
  PROV_SOURCE_NOT_FOUND: 'Check the id: the object is not in this tenant.',
  PROV_TARGET_NOT_FOUND: 'Nothing: the object was deleted in Zendesk and is matched again with the next try.',
  PROV_TARGET_EXISTS: 'Look in Zendesk for the object that already holds the value, and change or remove it.',
  PROV_TARGET_REJECTED: "Correct the attribute in Entra ID or in the mapping; Zendesk's own words say what is wrong.",
  PROV_TARGET_LICENSE_LIMIT: 'Free an agent seat in Zendesk or buy one; the object is tried again by itself.',
  PROV_TARGET_DISPUTED: 'Decide which Zendesk object is the right one: merge the others, or remove their external_id or e-mail.',
  PROV_ROLE_UNKNOWN: 'Give the app role the name of a Zendesk role, create that role in Zendesk, or map the role in the schema.',
  PROV_MAPPING_FAILED: 'Fill the attribute in Entra ID or change its mapping; the entry names the attribute.',
  PROV_STATE_CONFLICT: 'Nothing: another instance was faster, and the object is tried again.',
  PROV_STATE_UNAVAILABLE: 'Check the storage account: nothing is written to Zendesk while it cannot be recorded.',
  PROV_DELETIONS_STAGED: 'Look at the staged deletions; allow them once, or correct the source and they are forgotten.',
  PROV_SOURCE_UNEXPECTED: 'Tell the maintainers: Microsoft Graph answered in a way that its contract does not allow.',
  PROV_TARGET_UNEXPECTED: 'Tell the maintainers: Zendesk answered in a way that its contract does not allow.',
  PROV_BUG: 'Tell the maintainers, with the change id.',
};

/** A message as a whole sentence, which another can follow: messages of errors mostly end without a full stop. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** What went wrong and what a person does about it, as whole sentences. */
export const withAdvice = ({ code, message }: { readonly code: ErrorCode; readonly message: string }): string =>
  `${sentence(message)} ${RECOMMENDED_ACTION[code]}`;
