/** Shapes of the API, as `schemas/openapi.json` describes them. */
import type { Choices } from './form/choices';
import type { PartialDate } from './wareki';

export interface Me {
  readonly staffId: string;
  readonly displayName: string;
  readonly role: string;
  readonly roleLabel: string;
  readonly agencyId: string;
  readonly agencyName: string;
  readonly municipality: { readonly code: string; readonly name: string };
  readonly recoveryCodesLeft: number;
  /** Minutes without a key or a touch after which the screens are hidden: the town's setting. */
  readonly idleMinutes: number;
  readonly can: {
    readonly createCase: boolean;
    readonly listCases: boolean;
    readonly manageStaff: boolean;
    /** kinds of records outside cases that this person may write */
    readonly writeBooks: readonly string[];
    /** open meetings and lay cases before them */
    readonly convene: boolean;
    readonly manageSettings: boolean;
    readonly readStatistics: boolean;
    readonly reportStatistics: boolean;
    readonly readLedger: boolean;
    readonly handleDisclosure: boolean;
    readonly handleRetention: boolean;
    readonly reviewEmergencies: boolean;
    readonly readMatrix: boolean;
  };
}

/** Whether 管理 holds anything for this person. */
export const managesAnything = ({ can }: Me): boolean =>
  can.manageStaff || can.readLedger || can.handleDisclosure || can.readStatistics;

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
  /** absent where it is not for this person */
  readonly stateLabel?: string;
  readonly consentVersion?: 'consent' | 'no-consent';
  readonly name?: string | null;
  readonly nameKana?: string | null;
  readonly receivedAt?: string;
  readonly receivingAgencyName?: string;
  readonly topConcern?: string | null;
  readonly urgency?: string | null;
  readonly leadAgencyName?: string | null;
  /** the most urgent of what this person is to do */
  readonly next?: { readonly due: string; readonly text: string };
  readonly updatedAt?: string;
}

export interface CaseResource {
  readonly caseId: string;
  /** absent where the state is not for this person */
  readonly stateLabel?: string;
  readonly consentVersion?: 'consent' | 'no-consent';
  readonly createdAt: string;
  /** what this person may do with this case */
  readonly can: {
    readonly readAudit: boolean;
    /** forms of which this person may add a record, before the town's settings */
    readonly addForms: readonly string[];
    /** persons whose sealed compartment this person may open */
    readonly openSealed: readonly string[];
    readonly attach: boolean;
  };
  readonly members: readonly Member[];
  readonly records: readonly RecordHead[];
}

/** An agency that takes part in a case. */
export interface Member {
  readonly agencyId: string;
  readonly agencyName: string;
  readonly role: string;
  readonly from: string;
  readonly to: string | null;
}

/** A line of the case's table of contents. */
export interface RecordHead {
  readonly form: string;
  readonly recordId: string;
  readonly title: string;
  readonly formVersion: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly updatedBy: Writer;
  readonly mayWrite: boolean;
}

export interface Writer {
  readonly staffId: string;
  readonly displayName: string;
  readonly agencyName: string;
}

export type Data = Record<string, unknown>;

export interface FormRecord {
  readonly form: string;
  readonly recordId: string;
  readonly formVersion: string;
  readonly revision: number;
  readonly data: Data;
  /** whom it is about, by part (`""`: the rest); nobody named: the whole household */
  readonly about: Readonly<Record<string, readonly string[]>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly updatedBy: Writer;
}

/** A record outside cases. */
export interface BookEntry extends Omit<FormRecord, 'recordId' | 'about'> {
  readonly entryId: string;
}

export interface Revision {
  readonly revision: number;
  readonly savedAt: string;
  readonly savedBy: Writer;
  readonly changed: readonly string[];
}

export interface Missing {
  readonly code: string;
  readonly text: string;
}

export interface Transitions {
  readonly stateLabel: string;
  readonly items: readonly {
    readonly to: string;
    readonly toLabel: string;
    readonly label: string;
    readonly needsReason: boolean;
    readonly missing: readonly Missing[];
  }[];
}

export interface Task {
  readonly kind: string;
  readonly text: string;
  readonly due: string;
  readonly overdue: boolean;
  readonly recordId: string | null;
}

export interface TaskPage {
  readonly items: readonly { readonly caseId: string; readonly tasks: readonly Task[] }[];
  /** what hangs on no case */
  readonly general: readonly Task[];
  readonly nextCursor: string | null;
}

export interface MeetingHead {
  readonly meetingId: string;
  readonly convening: boolean;
  readonly formVersion: string;
  readonly data: Data;
  /** for those who convene it */
  readonly revision?: number;
  readonly updatedAt?: string;
  readonly updatedBy?: Writer;
}

export interface Meeting extends MeetingHead {
  readonly agenda: readonly AgendaItem[];
}

/** A case on the agenda: its own record of the meeting, as far as this person may read it. */
export interface AgendaItem {
  readonly caseId: string;
  readonly name?: string;
  readonly recordId: string;
  readonly formVersion: string;
  readonly revision: number;
  readonly attends: boolean;
  readonly mayWrite: boolean;
  readonly data: Data;
}

export interface Paper extends FormRecord {
  readonly title: string;
}

/** Somebody who may be called to a meeting. */
export interface Colleague {
  readonly staffId: string;
  readonly displayName: string;
  readonly agencyId: string;
  readonly agencyName: string;
}

/** What somebody sees of certain persons' data on one basis. */
export interface Sight {
  readonly agencyId: string;
  readonly agencyName: string;
  readonly roleLabels: readonly string[];
  /** those who see it in person */
  readonly staff: readonly { readonly staffId: string; readonly displayName: string }[];
  readonly basis: string;
  readonly basisLabel: string;
  readonly personIds: readonly string[];
  readonly classes: readonly number[];
  readonly taxData: boolean;
  /** only the task that a meeting gave */
  readonly task: boolean;
  readonly from: string | null;
  readonly to: string | null;
}

export interface Sharing {
  readonly items: readonly Sight[];
  /** of the consents that this person may read, those that stand */
  readonly liveConsents: readonly string[];
  readonly lost?: readonly Sight[];
  /** agencies of which nobody would know of the case any more */
  readonly lostCase?: readonly Pick<Sight, 'agencyId' | 'agencyName'>[];
}

export interface Upload {
  readonly uploadId: string;
  readonly partBytes: number;
  readonly parts: number;
}

export interface Snippet {
  readonly title: string;
  readonly text: string;
  /** places in the text, counted in code points */
  readonly marks: readonly { readonly start: number; readonly end: number }[];
}

export interface FoundCase {
  readonly caseId: string;
  readonly name?: string;
  readonly stateLabel?: string;
  readonly records: readonly {
    readonly recordId: string;
    readonly title: string;
    readonly savedAt: string;
    readonly snippets: readonly Snippet[];
  }[];
}

export interface Genogram {
  readonly nodes: readonly {
    readonly personId: string;
    readonly label: string;
    /** 続柄 to the 本人, in words */
    readonly relation: string;
    readonly isSubject: boolean;
    readonly sex: string | null;
    readonly birthDate: PartialDate | null;
    readonly deceased: boolean;
    readonly cohabitation: string | null;
    readonly left: boolean;
  }[];
  /** `kind`: a code of the list `kin`; `parent` leads from parent to child, others go both ways */
  readonly edges: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    /** read off the 続柄, not said of the two */
    readonly derived: boolean;
  }[];
}

/** Somebody who may be a person described; nobody is merged. */
export interface Candidate {
  readonly personId: string;
  readonly reasons: readonly { readonly reason: string; readonly text: string }[];
  readonly cases: readonly string[];
  readonly person: {
    readonly name?: string;
    readonly nameKana?: string;
    readonly birthDate?: PartialDate;
  };
}

/** A case as it stands in a list of what was found or compared. */
export interface CaseRow {
  readonly caseId: string;
  readonly name?: string;
  readonly stateLabel?: string;
  readonly receivedAt?: string;
}

export interface SimilarCases {
  /** false: too few closed cases to compare with */
  readonly enough: boolean;
  readonly closedCasesNeeded: number;
  readonly items: readonly (CaseRow & {
    readonly score: number;
    readonly factors: readonly {
      readonly kind: string;
      readonly key: string;
      readonly text: string;
    }[];
  })[];
}

export interface Upload {
  readonly uploadId: string;
  readonly partBytes: number;
  readonly parts: number;
}

export interface SealedRecord {
  readonly formVersion: string;
  /** 0: nothing was saved yet */
  readonly revision: number;
  readonly data: Data;
  readonly updatedAt: string | null;
  readonly updatedBy: Writer | null;
}

export interface FoundPage extends Page<FoundCase> {
  readonly total: number;
  readonly totalIsLeast: boolean;
}

/** What a case must be to be listed; what is absent is not asked. */
export interface Conditions {
  readonly state?: string;
  readonly concern?: string;
  readonly agency?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Filter {
  readonly name: string;
  readonly conditions: Conditions;
}

/** What cases are looked for by: words, conditions, or both. */
export interface Asked extends Conditions {
  readonly q?: string;
}

export interface Settings {
  readonly document: SettingsDocument;
  readonly revision: number;
  readonly forms: readonly { readonly form: string; readonly title: string }[];
  /** what the town calls its kinds of meetings */
  readonly meetings: Readonly<Record<string, string>>;
  readonly terms: Readonly<Record<string, number>>;
  readonly retentionYears: Readonly<Record<string, number>>;
  readonly switches: Readonly<Record<string, boolean>>;
  readonly programmes: readonly string[];
}

/** What the municipality wrote over its preset. */
export interface SettingsDocument {
  readonly preset: string;
  readonly forms?: Readonly<Record<string, FormSetting>>;
  readonly meetings?: Readonly<Record<string, string>>;
  readonly programmes?: readonly string[];
  readonly terms?: Readonly<Record<string, number>>;
  readonly retentionYears?: Readonly<Record<string, number>>;
  readonly switches?: Readonly<Record<string, boolean>>;
}

export interface FormSetting {
  readonly shown?: boolean;
  readonly title?: string;
  readonly sections?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, { readonly shown?: boolean; readonly title?: string }>>;
}

/** Where somebody writes. `caseId` null: a new case; `recordId` null: a new record. */
export interface DraftPlace {
  readonly caseId: string | null;
  readonly form: string;
  readonly recordId: string | null;
}

export interface DraftText {
  readonly formVersion: string;
  readonly baseRevision: number | null;
  /** what was changed, property by property */
  readonly data: Data;
  readonly removed: readonly string[];
  /** whom it is about, where that was changed */
  readonly about: readonly string[] | null;
}

export interface DraftHead extends DraftPlace {
  readonly draftId: string;
  readonly savedAt: string;
}

export interface Draft extends DraftHead, DraftText {}

/** Whether one is told by e-mail how much waits; `address` null: no. */
export interface Digest {
  readonly offered: boolean;
  readonly address: string | null;
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
  readonly role: string;
  readonly roleLabel: string;
  readonly agencyId: string;
  readonly agencyName: string;
  readonly validFrom: string;
  readonly validTo: string | null;
  readonly lastSignInOn: string | null;
  readonly confirmedOn: string | null;
  readonly revision: number;
}

export interface Agency {
  readonly agencyId: string;
  readonly name: string;
  readonly kind: string;
  readonly kindLabel: string;
  readonly memberKind: string | null;
  readonly contract: { readonly from: string; readonly to: string | null } | null;
  /** the last day of an agency that takes part no more */
  readonly to: string | null;
  readonly revision: number;
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
  readonly 'x-about'?: string;
  readonly 'x-message'?: string;
  readonly 'x-sections'?: readonly Section[];
}

export interface Section {
  readonly key: string;
  readonly title: string;
  readonly properties: readonly string[];
  /** what its fields hold, in one line that stands for them until it is pressed */
  readonly told?: (data: Data, choices: Choices) => string;
}

/** A paper that the API prints. */
export interface Print {
  readonly paper: string;
  readonly title: string;
  /** case, meeting, disclosure …: what it is printed of */
  readonly of: string;
  /** forms whose record it is printed of */
  readonly forms: readonly string[];
  /** values of that record by which it is this paper and not its twin */
  readonly when?: Readonly<Record<string, string>>;
  readonly blank: boolean;
  readonly sample: boolean;
  readonly excel: boolean;
  readonly copies: boolean;
}
