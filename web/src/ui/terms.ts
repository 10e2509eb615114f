/**
 * Legal terms in plain words, each in two or three sentences. What is marked 要確認 rests on no
 * source that was read: the municipality confirms it.
 */
export interface TermText {
  readonly title: string;
  readonly text: string;
  /** where it comes from */
  readonly source?: string;
}

export const TERMS = {
  'shien-kaigi': {
    title: '支援会議',
    text: '本人の同意がまだないときに、市町村が開いて関係者と話し合う会議です。出席した人だけが、そのケースに限って情報を受け取れます。ここで知った秘密は、出席をやめた後も漏らせません。',
    source: '社会福祉法106条の6',
  },
  'juso-kaigi': {
    title: '重層的支援会議',
    text: '本人が情報の共有に同意したケースについて、プランの適切さ、終結、足りない社会資源を話し合う会議です。同意のないケースは議題にできません。',
    source: '実施要綱・自治体事務マニュアル',
  },
  secrecy: {
    title: '守秘義務',
    text: '支援会議に加わる人と、加わっていた人は、会議で知った秘密を漏らしてはいけません。正当な理由なく漏らすと罰則があります（罰則の内容は要確認）。',
    source: '社会福祉法106条の6第5項、159条',
  },
  pledge: {
    title: '守秘の誓約',
    text: '市町村の外から会議に出る人が、秘密を守ると約束した書面です。義務そのものは法律にあり、誓約がなくてもなくなりません。支援会議に出る前に、誓約の日を記録します。',
  },
  basis: {
    title: '共有の根拠',
    text: '情報を見てよい理由です。本人の同意、支援会議への出席、市町村の職務、委託契約など、どれか一つがなければ見られません。見たときの根拠は、記録に残ります。',
  },
  consent: {
    title: '同意',
    text: '本人が、どの機関に、どの情報を、何のために、いつまで見せてよいかを決めることです。人ごとに記録します。家族が代わりに同意することはできません。',
  },
  withdrawal: {
    title: '同意の撤回',
    text: '同意をやめることです。理由は要りません。聞いた人がその場で記録でき、次の操作から共有が止まります。これまでの記録は消えず、支援が打ち切られることもありません。',
  },
  'no-disadvantage': {
    title: '同意しなくても不利益はない',
    text: '同意しないこと、途中でやめることを理由に、相談を断ったり、ほかの制度の利用を不利に扱ったりしません。',
  },
  classes: {
    title: '情報の区分',
    text: '情報を、氏名・連絡先、世帯・課題、要配慮の情報、支援経過、会議の記録に分けたものです。同意は区分ごとに選べます。この分け方は本システムの案です。',
  },
  special: {
    title: '要配慮の情報',
    text: '病歴、障害、犯罪の経歴や被害など、特に気をつけて扱う個人情報です。共有するには、この区分を名指しした同意が要ります。',
    source: '個人情報保護法2条3項',
  },
  tax: {
    title: '税の情報',
    text: '課税や滞納の情報です。税の情報を名指しした同意がなければ、ほかの機関に見せられません（要確認）。',
    source: '地方税法22条',
  },
  papers: {
    title: '資料の閲覧期限',
    text: '支援会議の資料は、出席する人だけが、会議の7日前から14日後まで見られます（市町村の設定で短くできます）。期限が来ると、自動で見られなくなります。',
  },
  grant: {
    title: '同意以外の根拠による共有',
    text: '主管課が、個人情報保護法69条などの根拠を示して決めた共有です。期間は1年まで、会議の記録と税の情報は含みません。',
    source: '個人情報保護法69条',
  },
  emergency: {
    title: '緊急閲覧',
    text: '命や安全にかかわるときに、主管課の職員が理由を書いて3時間だけ見られるしくみです。使うかどうかは市町村が決め、管理者が後で確かめます。',
  },
  duty: {
    title: '主管課の職務',
    text: 'この事業を担当する市町村の課の職員が、仕事として見ることです。要配慮の情報は、担当になった職員と管理者だけが見ます。',
  },
  outsourcing: {
    title: '委託契約',
    text: '市町村から多機関協働事業を任された機関が、契約の期間だけ見ることです。契約が終わると見られなくなり、記録は市町村に残ります。',
  },
  'own-record': {
    title: '自機関が書いた記録',
    text: 'その機関だけが書いた記録は、同意が終わっても、書いた機関が見られます。',
  },
  proxy: {
    title: '代理人',
    text: '親権者、未成年後見人、成年後見人など、本人に代わって決める権限のある人です。家族や世帯主というだけでは代理できません。相手方や、利益が反する人も代理できません。',
  },
} as const satisfies Record<string, TermText>;

export type TermName = keyof typeof TERMS;

/** The term that explains a basis of `access-basis`; none for those that speak for themselves. */
export function termOfBasis(basis: string): TermName | undefined {
  if (basis.startsWith('appi-')) return 'grant';
  const known: Readonly<Record<string, TermName>> = {
    consent: 'consent',
    'shien-kaigi-106-6': 'shien-kaigi',
    'municipal-duty': 'duty',
    outsourcing: 'outsourcing',
    'own-record': 'own-record',
    'emergency-access': 'emergency',
  };
  return known[basis];
}
