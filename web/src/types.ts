/** Shapes of the API, as `schemas/openapi.json` describes them. */

export interface Me {
  readonly staffId: string;
  readonly displayName: string;
  readonly role: string;
  readonly roleLabel: string;
  readonly agencyId: string;
  readonly agencyName: string;
  readonly municipality: { readonly code: string; readonly name: string };
  readonly recoveryCodesLeft: number;
  readonly can: {
    readonly createCase: boolean;
    readonly listCases: boolean;
    readonly manageStaff: boolean;
  };
}

export type Step =
  | { readonly next: 'totp'; readonly state: string }
  | { readonly next: 'new_password'; readonly state: string }
  | {
      readonly next: 'totp_setup';
      readonly state: string;
      readonly secret: string;
      readonly otpauthUri: string;
    }
  | { readonly next: 'done'; readonly idToken: string; readonly expiresIn: number };

export interface CaseSummary {
  readonly caseId: string;
  readonly stateLabel: string;
  readonly consentVersion: 'consent' | 'no-consent';
  readonly name?: string | null;
  readonly nameKana?: string | null;
  readonly receivedAt: string;
  readonly receivingAgencyName: string;
  readonly topConcern?: string | null;
  readonly urgency?: string | null;
  readonly updatedAt: string;
}

export interface CaseResource {
  readonly caseId: string;
  readonly stateLabel: string;
  readonly consentVersion: 'consent' | 'no-consent';
  readonly createdAt: string;
  readonly forms: readonly { readonly form: string; readonly formVersion: string }[];
  /** what this person may do with this case */
  readonly can: { readonly writeForm: boolean; readonly readAudit: boolean };
}

export interface Writer {
  readonly staffId: string;
  readonly displayName: string;
  readonly agencyName: string;
}

export type Data = Record<string, unknown>;

export interface FormRecord {
  readonly form: string;
  readonly formVersion: string;
  readonly revision: number;
  readonly data: Data;
  readonly updatedAt: string;
  readonly updatedBy: Writer;
}

export interface Revision {
  readonly revision: number;
  readonly savedAt: string;
  readonly savedBy: Writer;
  readonly changed: readonly string[];
}

export interface AuditEvent {
  readonly at: string;
  readonly action: string;
  readonly actionLabel: string;
  readonly actorName: string;
  readonly agencyName: string;
  readonly basisLabel: string | null;
  readonly result: string;
}

export interface Staff {
  readonly staffId: string;
  readonly displayName: string;
  readonly loginId: string;
  readonly roleLabel: string;
  readonly agencyName: string;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
}

export interface Agency {
  readonly agencyId: string;
  readonly name: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface NotMyNumber {
  readonly pointer: string;
  readonly reason: string;
}

/** The part of JSON Schema 2020-12 (and of our `x-` keywords) that the record forms use. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: Schema | boolean;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly contains?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly 'x-multiline'?: boolean;
  readonly 'x-choices'?: string;
  readonly 'x-message'?: string;
  readonly 'x-sections'?: readonly Section[];
}

export interface Section {
  readonly key: string;
  readonly title: string;
  readonly properties: readonly string[];
}
