/** The parts of 管理, and for whom: the API says who may open which. */
import type { Me } from '../../types';

export interface Part {
  readonly part: string;
  readonly title: string;
  readonly help: string;
  readonly may: (can: Me['can']) => boolean;
  /** a small town meets it only when something happens */
  readonly seldom?: boolean;
}

export const PARTS: readonly Part[] = [
  {
    part: 'staff',
    title: '職員',
    help: '招待、役割や期間の変更、認証の再発行',
    may: (can) => can.manageStaff,
  },
  {
    part: 'agencies',
    title: '機関と委託契約',
    help: '機関の登録、契約の期間、受託者の引継ぎ',
    may: (can) => can.manageStaff,
  },
  {
    part: 'april',
    title: '年度替わりの異動',
    help: '大勢の異動と退職を、確かめてから一度に登録',
    may: (can) => can.manageStaff,
  },
  {
    part: 'stocktaking',
    title: '利用者の棚卸し',
    help: 'まだ使う人かどうかを一人ずつ確かめる',
    may: (can) => can.manageStaff,
  },
  {
    part: 'settings',
    title: '設定',
    help: '使う様式と呼び名、期限',
    may: (can) => can.manageSettings,
  },
  {
    part: 'statistics',
    title: '実績の集計',
    help: '図と表、報告用と公表用の数、ファイル',
    may: (can) => can.readStatistics,
  },
  {
    part: 'ledger',
    title: '提供の記録',
    help: 'だれに、何を、どの根拠で渡したか',
    may: (can) => can.readLedger,
    seldom: true,
  },
  {
    part: 'disclosure',
    title: '開示請求',
    help: '受付、期限、墨塗り、決定',
    may: (can) => can.handleDisclosure,
    seldom: true,
  },
  {
    part: 'retention',
    title: '保存期間と廃棄',
    help: '期間が過ぎたケース、廃棄を止める記録、証明',
    may: (can) => can.handleRetention,
    seldom: true,
  },
  {
    part: 'incident',
    title: '漏えいのとき',
    help: '影響の範囲、報告の期限、報告の下書き',
    may: (can) => can.handleDisclosure,
    seldom: true,
  },
  {
    part: 'emergencies',
    title: '緊急閲覧の確認',
    help: 'まだ確かめていない緊急閲覧',
    may: (can) => can.reviewEmergencies,
    seldom: true,
  },
  {
    part: 'matrix',
    title: 'だれが何を見られるか',
    help: '動いている規則から作った一覧',
    may: (can) => can.readMatrix,
    seldom: true,
  },
];

export const partsOf = (me: Me): readonly Part[] => PARTS.filter(({ may }) => may(me.can));
